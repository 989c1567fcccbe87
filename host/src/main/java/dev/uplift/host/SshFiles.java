/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.apache.sshd.sftp.common.SftpHelper;

/** The files of a host that is reached through SSH: by SFTP, and what that cannot do by a shell. */
final class SshFiles implements HostFiles {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(1);
    private static final Duration READ_MAX = Duration.ofMinutes(30);
    private static final int STREAM_BUFFER_BYTES = 1 << 17;
    private static final int KIND = 0170000;
    private static final int REGULAR = 0100000;
    private static final int DIRECTORY = 0040000;
    private static final int LINK = 0120000;

    private final SshConnection connection;
    private final KnownDigests digests = new KnownDigests();

    SshFiles(SshConnection connection) {
        this.connection = connection;
    }

    @Override
    public Optional<FileStatus> status(Path path) throws IOException {
        return status(path, sftp -> sftp.lstat(path.toString()));
    }

    @Override
    public Path realPath(Path path) throws IOException {
        String canonical = asking(path, sftp -> sftp.canonicalPath(path.toString()));
        Path real = Path.of(canonical);
        if (status(real).isEmpty()) {
            throw new NoSuchFileException(path.toString());
        }
        return real;
    }

    @Override
    public Optional<String> identity(Path path) throws IOException {
        try {
            String[] lines = shell(
                            path,
                            ANSWER_MAX,
                            "cat -- \"$2\"\nstat -Lc %d:%i -- \"$1\"\n",
                            path.toString(),
                            LocalFiles.BOOT.toString())
                    .text()
                    .strip()
                    .split("\n", -1);
            return Optional.of(lines[0] + ":" + lines[1]);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Path> linkTarget(Path link) throws IOException {
        if (!isLink(link)) {
            return Optional.empty();
        }
        String target = asking(link, sftp -> sftp.readLink(link.toString()));
        return Optional.of(Path.of(target));
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        Optional<FileStatus> status = status(directory, sftp -> sftp.stat(directory.toString()));
        if (status.isEmpty() || status.get().kind() != FileStatus.Kind.DIRECTORY) {
            return List.of();
        }
        return asking(directory, sftp -> {
            List<String> names = new ArrayList<>();
            for (SftpClient.DirEntry entry : sftp.readEntries(directory.toString())) {
                if (!entry.getFilename().equals(".") && !entry.getFilename().equals("..")) {
                    names.add(entry.getFilename());
                }
            }
            return names;
        });
    }

    @Override
    public byte[] read(Path file, int bytesMax) throws IOException {
        return asking(file, sftp -> {
            try (InputStream in = sftp.read(file.toString())) {
                byte[] content = in.readNBytes(bytesMax);
                if (in.read() >= 0) {
                    throw new FileSystemException(file.toString(), null, "more than " + bytesMax + " bytes");
                }
                return content;
            }
        });
    }

    @Override
    public InputStream stream(Path file) throws IOException {
        return SftpStreams.input(
                connection, file, asking(file, sftp -> sftp.read(file.toString(), STREAM_BUFFER_BYTES)));
    }

    @Override
    public SeekableByteChannel open(Path file) throws IOException {
        return asking(file, sftp -> {
            SftpClient.CloseableHandle handle = sftp.open(file.toString(), SftpClient.OpenMode.Read);
            return new SftpReadChannel(sftp, handle, sftp.stat(handle).getSize());
        });
    }

    @Override
    public Digested digest(Path file) throws IOException {
        return digests.read(file, this::mark, this::content);
    }

    @Override
    public Digested knownDigest(Path file) throws IOException {
        return digests.known(file, this::mark, this::content);
    }

    private KnownDigests.Mark mark(Path file) throws IOException {
        String[] seen = shell(
                        file, ANSWER_MAX, "stat -Lc '%d %i %s %.9Y %.9Z' -- \"$1\"\ndate +%s.%N\n", file.toString())
                .text()
                .strip()
                .split("\\s+", -1);
        return KnownDigests.Mark.of(
                Long.parseLong(seen[0]),
                Long.parseLong(seen[1]),
                Long.parseLong(seen[2]),
                nanos(seen[3]),
                nanos(seen[4]),
                nanos(seen[5]));
    }

    /** Of a time in seconds with nine decimal places. */
    private static long nanos(String seconds) {
        return Long.parseLong(seconds.replace(".", ""));
    }

    private Digested content(Path file) throws IOException {
        String[] lines = shell(file, READ_MAX, "stat -Lc %s -- \"$1\"\nsha256sum <\"$1\"\n", file.toString())
                .text()
                .split("\\s+", -1);
        return new Digested(lines[1], Long.parseLong(lines[0]));
    }

    @Override
    public long freeBytes(Path path) throws IOException {
        String[] blocks = shell(path, ANSWER_MAX, "stat -fc '%a %S' -- \"$1\"\n", path.toString())
                .text()
                .strip()
                .split(" ", -1);
        return Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]);
    }

    @Override
    public long usedBytes(Path path) throws IOException {
        if (!exists(path)) {
            return 0;
        }
        return shell(path, READ_MAX, "find \"$1\" -type f -printf '%s\\n'\n", path.toString())
                .text()
                .lines()
                .mapToLong(Long::parseLong)
                .sum();
    }

    @Override
    public Optional<Path> program(Path path) throws IOException {
        Optional<FileStatus> status = status(path, sftp -> sftp.stat(path.toString()));
        boolean runs = status.isPresent()
                && status.get().kind() == FileStatus.Kind.FILE
                && (status.get().mode().contains(PosixFilePermission.OWNER_EXECUTE)
                        || status.get().mode().contains(PosixFilePermission.GROUP_EXECUTE)
                        || status.get().mode().contains(PosixFilePermission.OTHERS_EXECUTE));
        return runs ? Optional.of(realPath(path)) : Optional.empty();
    }

    @Override
    public boolean mayWrite(Path path) throws IOException {
        return !shell(path, ANSWER_MAX, "[ ! -w \"$1\" ] || echo yes\n", path.toString())
                .text()
                .isEmpty();
    }

    /** Writes a file from this offset on; at 0 it is made anew. For the uploads of a fence only. */
    OutputStream append(Path file, long offset) throws IOException {
        EnumSet<SftpClient.OpenMode> modes = EnumSet.of(
                SftpClient.OpenMode.Write,
                SftpClient.OpenMode.Create,
                offset == 0 ? SftpClient.OpenMode.Truncate : SftpClient.OpenMode.Append);
        return SftpStreams.output(
                connection, file, asking(file, sftp -> sftp.write(file.toString(), STREAM_BUFFER_BYTES, modes)));
    }

    /** Asks a shell about a file; what it complains of is the file's fault. */
    SshConnection.Ended shell(Path about, Duration timeout, String body, String... arguments) throws IOException {
        SshConnection.Ended ended = connection.run(ShellScript.of("set -e\n" + body, arguments), timeout);
        if (ended.exitCode() != 0) {
            throw failure(about, ended.errors());
        }
        return ended;
    }

    /** What a shell complained of. */
    static FileSystemException failure(Path about, String errors) {
        String text = errors.lines().findFirst().orElse("no reason was given");
        if (text.endsWith("No such file or directory") || text.endsWith("No such file")) {
            return new NoSuchFileException(about.toString());
        }
        if (text.endsWith("Permission denied")) {
            return new AccessDeniedException(about.toString());
        }
        return new FileSystemException(about.toString(), null, text.replaceAll("\\p{Cntrl}", "?"));
    }

    /** A question to SFTP. */
    @FunctionalInterface
    interface Question<T> {
        T ask(SftpClient sftp) throws IOException;
    }

    /** Asks SFTP about a file. */
    <T> T asking(Path about, Question<T> question) throws IOException {
        try {
            return question.ask(connection.sftp());
        } catch (SftpException e) {
            throw failure(about, e);
        } catch (FileSystemException | HostLostException | SecretUnavailableException | HostKeyRefusedException e) {
            throw e;
        } catch (IOException e) {
            connection.drop();
            throw new HostLostException("the connection was lost: " + e.getMessage(), e);
        }
    }

    static FileSystemException failure(Path about, SftpException e) {
        return switch (e.getStatus()) {
            case SftpConstants.SSH_FX_NO_SUCH_FILE, SftpConstants.SSH_FX_NO_SUCH_PATH ->
                new NoSuchFileException(about.toString());
            case SftpConstants.SSH_FX_PERMISSION_DENIED -> new AccessDeniedException(about.toString());
            default -> new FileSystemException(about.toString(), null, String.valueOf(e.getMessage()));
        };
    }

    private Optional<FileStatus> status(Path path, Question<SftpClient.Attributes> question) throws IOException {
        SftpClient.Attributes attributes;
        try {
            attributes = asking(path, question);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        Set<PosixFilePermission> mode = SftpHelper.permissionsToAttributes(attributes.getPermissions());
        FileStatus.Kind kind = switch (attributes.getPermissions() & KIND) {
            case REGULAR -> FileStatus.Kind.FILE;
            case DIRECTORY -> FileStatus.Kind.DIRECTORY;
            case LINK -> FileStatus.Kind.LINK;
            default -> FileStatus.Kind.OTHER;
        };
        return Optional.of(
                new FileStatus(kind, attributes.getSize(), mode, attributes.getUserId(), attributes.getGroupId()));
    }
}
