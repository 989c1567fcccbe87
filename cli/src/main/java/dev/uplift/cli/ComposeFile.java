/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * A compose file on this machine.
 *
 * @param named as compose knows it
 * @param real where its content is, links followed
 */
record ComposeFile(Path named, Path real, ComposeText content) {
    private static final long BYTES_MAX = 1 << 20;
    private static final Set<PosixFilePermission> WRITABLE = EnumSet.of(
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    /** @throws ByHandException if there is none here, or it cannot be read */
    static ComposeFile read(Path named) throws ByHandException {
        if (!named.isAbsolute()) {
            throw new ByHandException(named + " is not the whole path of a file");
        }
        try {
            Path real = named.toRealPath();
            if (!Files.isRegularFile(real) || Files.size(real) > BYTES_MAX) {
                throw new ByHandException(named + " is no file of at most " + BYTES_MAX + " bytes");
            }
            return new ComposeFile(named, real, new ComposeText(Files.readString(real)));
        } catch (NoSuchFileException _) {
            throw new ByHandException(named + " is not on this machine");
        } catch (CharacterCodingException _) {
            throw new ByHandException(named + " is not text in UTF-8");
        } catch (IOException e) {
            throw new ByHandException(named + " cannot be read: " + e);
        }
    }

    /**
     * Puts another content in its place, with the same owner and mode. A crash leaves the one or the other, and maybe a
     * hidden file beside it that the next call takes away.
     *
     * @throws ByHandException if that is not possible; the file is as it was
     */
    void replace(ComposeText changed) throws ByHandException {
        Path temporary = real.resolveSibling("." + real.getFileName() + ".uplift-tmp");
        try {
            PosixFileAttributes attributes = Files.readAttributes(real, PosixFileAttributes.class);
            if (attributes.permissions().stream().noneMatch(WRITABLE::contains) || !Files.isWritable(real)) {
                throw new ByHandException(named + " is read-only");
            }
            Files.deleteIfExists(temporary);
            try {
                write(temporary, changed.text().getBytes(StandardCharsets.UTF_8), attributes);
                Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            try (FileChannel directory =
                    FileChannel.open(temporary.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                directory.force(true);
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new ByHandException(named + " cannot be replaced: " + e);
        }
    }

    private static void write(Path file, byte[] content, PosixFileAttributes as) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            PosixFileAttributeView view =
                    Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            PosixFileAttributes made = view.readAttributes();
            if (!made.owner().equals(as.owner())) {
                view.setOwner(as.owner());
            }
            if (!made.group().equals(as.group())) {
                view.setGroup(as.group());
            }
            Files.setPosixFilePermissions(file, as.permissions());
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }
}
