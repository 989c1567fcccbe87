/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The files of this machine. */
final class LocalFiles implements HostFiles {
    /** Differs from machine to machine, also where one is a copy of the other, but not from container to container. */
    static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private static final int BOOT_BYTES_MAX = 64;
    private static final String ATTRIBUTES = "unix:isRegularFile,isDirectory,isSymbolicLink,size,permissions,uid,gid";
    private static final String MARK = "unix:dev,ino,size,lastModifiedTime,ctime";

    private final KnownDigests digests = new KnownDigests();
    private final Clock clock;

    /** @param clock that the file systems of this machine go by */
    LocalFiles(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Optional<FileStatus> status(Path path) throws IOException {
        Map<String, Object> attributes;
        try {
            attributes = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            if ("Not a directory".equals(e.getReason())) {
                return Optional.empty();
            }
            throw e;
        }
        FileStatus.Kind kind = FileStatus.Kind.OTHER;
        if (Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
            kind = FileStatus.Kind.FILE;
        } else if (Boolean.TRUE.equals(attributes.get("isDirectory"))) {
            kind = FileStatus.Kind.DIRECTORY;
        } else if (Boolean.TRUE.equals(attributes.get("isSymbolicLink"))) {
            kind = FileStatus.Kind.LINK;
        }
        @SuppressWarnings("unchecked")
        Set<PosixFilePermission> mode = (Set<PosixFilePermission>) attribute(attributes, "permissions", Set.class);
        return Optional.of(new FileStatus(
                kind,
                attribute(attributes, "size", Long.class),
                mode,
                attribute(attributes, "uid", Integer.class),
                attribute(attributes, "gid", Integer.class)));
    }

    @Override
    public Path realPath(Path path) throws IOException {
        return path.toRealPath();
    }

    @Override
    public Optional<String> identity(Path path) throws IOException {
        Map<String, Object> attributes;
        try {
            attributes = Files.readAttributes(path, "unix:dev,ino");
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        String boot = new String(read(BOOT, BOOT_BYTES_MAX), StandardCharsets.US_ASCII).strip();
        return Optional.of(
                boot + ":" + attribute(attributes, "dev", Long.class) + ":" + attribute(attributes, "ino", Long.class));
    }

    @Override
    public Optional<Path> linkTarget(Path link) throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(link));
        } catch (NoSuchFileException | NotLinkException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    @Override
    public byte[] read(Path file, int bytesMax) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(bytesMax);
            if (in.read() >= 0) {
                throw new FileSystemException(file.toString(), null, "more than " + bytesMax + " bytes");
            }
            return content;
        }
    }

    @Override
    public InputStream stream(Path file) throws IOException {
        return Files.newInputStream(file);
    }

    @Override
    public SeekableByteChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    @Override
    public Digested digest(Path file) throws IOException {
        return digests.read(file, this::mark, DurableFiles::digest);
    }

    @Override
    public Digested knownDigest(Path file) throws IOException {
        return digests.known(file, this::mark, DurableFiles::digest);
    }

    private KnownDigests.Mark mark(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, MARK);
        return KnownDigests.Mark.of(
                attribute(attributes, "dev", Long.class),
                attribute(attributes, "ino", Long.class),
                attribute(attributes, "size", Long.class),
                attribute(attributes, "lastModifiedTime", FileTime.class).to(TimeUnit.NANOSECONDS),
                attribute(attributes, "ctime", FileTime.class).to(TimeUnit.NANOSECONDS),
                FileTime.from(clock.instant()).to(TimeUnit.NANOSECONDS));
    }

    @Override
    public long freeBytes(Path path) throws IOException {
        return DiskSpace.freeBytes(path);
    }

    @Override
    public long usedBytes(Path path) throws IOException {
        return DiskSpace.usedBytes(path);
    }

    @Override
    public Optional<Path> program(Path path) throws IOException {
        return Files.isRegularFile(path) && Files.isExecutable(path)
                ? Optional.of(path.toRealPath())
                : Optional.empty();
    }

    @Override
    public boolean mayWrite(Path path) {
        return Files.isWritable(path);
    }

    /** The user that this process runs as. */
    static long ownUid() throws IOException {
        return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
    }

    /** Gives a file, not what it links to, to a user. Does nothing where this process is not root. */
    static void chown(Path path, long uid, long gid) throws IOException {
        if (ownUid() == 0) {
            Files.setAttribute(path, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static <T> T attribute(Map<String, Object> attributes, String name, Class<T> type) throws IOException {
        Object value = attributes.get(name);
        if (!type.isInstance(value)) {
            throw new IOException("the file system does not tell " + name);
        }
        return type.cast(value);
    }
}
