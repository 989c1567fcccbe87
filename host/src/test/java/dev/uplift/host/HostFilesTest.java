/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.uplift.testbed.RequiresRoot;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Files of every kind of host: looked at freely, changed behind the fence. */
class HostFilesTest extends OnEveryHost {
    @Test
    void aFileIsBroughtToAPlaceOfTheCallersChoice() throws Exception {
        byte[] content = new byte[300_000];
        Path source = Files.write(directory.resolve("source"), content);
        String sha256 = DurableFiles.digest(source).sha256();
        Path place = directory.resolve(AWKWARD.substring(0, 60));
        try (Fence.Held held = held()) {
            held.createDirectory(place, DurableFiles.OWNER_ONLY_DIRECTORY);
        }
        List<Long> brought = new ArrayList<>();

        host.fence(directory)
                .bring(place.resolve("draft"), _ -> Files.newInputStream(source), sha256, content.length, brought::add);

        assertThat(place.resolve("draft")).hasSameBinaryContentAs(source);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(place.resolve("draft"))))
                .isEqualTo("rw-------");
        assertThat(brought).last().isEqualTo((long) content.length);
        assertThatExceptionOfType(WrongContentException.class)
                .isThrownBy(() -> host.fence(directory)
                        .bring(
                                place.resolve("other"),
                                _ -> new ByteArrayInputStream(new byte[content.length - 1]),
                                sha256,
                                content.length,
                                bytes -> {}));
        assertThat(place.resolve("other")).doesNotExist();
        try (Fence.Held held = held()) {
            held.settle(place.resolve("draft"));
            assertThatIOException().isThrownBy(() -> held.settle(place.resolve("other")));
        }
        assertThat(host.files().mayWrite(place)).isTrue();
        assertThat(host.files().mayWrite(place.resolve("other"))).isFalse();
    }

    /** As a copy does that keeps the times, over the same file. */
    @Test
    void anotherContentIsNoticedAlsoIfSizeAndTimeAreTheSame() throws Exception {
        Path file = Files.writeString(directory.resolve(AWKWARD.substring(0, 60)), "abc");
        FileTime time = Files.getLastModifiedTime(file);
        await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
            Digested known = host.files().knownDigest(file);
            assertThat(known)
                    .isEqualTo(DurableFiles.digest(file))
                    .isSameAs(host.files().knownDigest(file));
        });
        Files.writeString(file, "xyz");
        Files.setLastModifiedTime(file, time);

        assertThat(host.files().knownDigest(file)).isEqualTo(DurableFiles.digest(file));
    }

    @Test
    @RequiresRoot
    void aFileIsOneByEveryNameOfItAndByEveryWayToTheMachine() throws Exception {
        Path file = Files.writeString(directory.resolve("-file '1"), "abc");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file.getFileName());
        Path hard = Files.createLink(directory.resolve("hard"), file);
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        String identity = host.files().identity(file).orElseThrow();

        assertThat(hosts.local().files().identity(file)).contains(identity);
        assertThat(host.files().identity(link)).contains(identity);
        assertThat(host.files().identity(hard)).contains(identity);
        assertThat(host.files().identity(Path.of(directory + "/.//elsewhere/../hard")))
                .contains(identity);
        Path bound = elsewhere.resolve(file.getFileName());
        run("mount", "--bind", directory.toString(), elsewhere.toString());
        try {
            assertThat(host.files().identity(bound)).contains(identity);
        } finally {
            run("umount", elsewhere.toString());
        }
        Path other = Files.copy(file, directory.resolve("other"));
        assertThat(host.files().identity(other)).isPresent().isNotEqualTo(Optional.of(identity));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(host.files().identity(file)).isPresent().isNotEqualTo(Optional.of(identity));
        assertThat(host.files().identity(directory.resolve("none"))).isEmpty();
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    @Test
    void aNameIsWhatItIsWithoutFollowingIt() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "abc");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-x--x"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));

        FileStatus status = host.files().status(file).orElseThrow();

        assertThat(status.kind()).isEqualTo(FileStatus.Kind.FILE);
        assertThat(status.sizeBytes()).isEqualTo(3);
        assertThat(PosixFilePermissions.toString(status.mode())).isEqualTo("rw-r-x--x");
        assertThat(status.uid()).isEqualTo(host.uid());
        assertThat(host.files().isLink(link)).isTrue();
        assertThat(host.files().isFile(link)).isFalse();
        assertThat(host.files().isDirectory(directory)).isTrue();
        assertThat(host.files().linkTarget(link)).contains(Path.of("file"));
        assertThat(host.files().linkTarget(file)).isEmpty();
        assertThat(host.files().linkTarget(directory.resolve("none"))).isEmpty();
        assertThat(host.files().status(directory.resolve("none"))).isEmpty();
        assertThat(host.files().realPath(link)).isEqualTo(file);
        assertThat(host.files().status(Path.of("/dev/null")).orElseThrow().kind())
                .isEqualTo(FileStatus.Kind.OTHER);
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().realPath(directory.resolve("none")));
    }

    @Test
    void contentIsReadWholeInPartsAndAsItsHash() throws Exception {
        byte[] content = new byte[300_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + i / 251);
        }
        Path file = Files.write(directory.resolve(AWKWARD.substring(0, 60)), content);

        assertThat(host.files().read(file, content.length)).isEqualTo(content);
        assertThatIOException().isThrownBy(() -> host.files().read(file, content.length - 1));
        try (InputStream in = host.files().stream(file)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        try (SeekableByteChannel channel = host.files().open(file)) {
            assertThat(channel.size()).isEqualTo(content.length);
            for (int at : List.of(299_990, 5, 131_070, 131_072)) {
                ByteBuffer part = ByteBuffer.allocate(4);
                channel.position(at);
                while (part.hasRemaining()) {
                    channel.read(part);
                }
                assertThat(part.array())
                        .containsExactly(content[at], content[at + 1], content[at + 2], content[at + 3]);
            }
            channel.position(content.length);
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        assertThat(host.files().digest(file)).isEqualTo(DurableFiles.digest(file));
        assertThat(host.files().usedBytes(directory)).isEqualTo(content.length);
        assertThat(host.files().usedBytes(directory.resolve("none"))).isZero();
        assertThat(host.files().freeBytes(directory)).isPositive();
        assertThat(host.files().list(directory)).containsExactly(AWKWARD.substring(0, 60));
        assertThat(host.files().list(file)).isEmpty();
        assertThat(host.files().list(directory.resolve("none"))).isEmpty();
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().read(directory.resolve("none"), 10));
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().digest(directory.resolve("none")));
        assertThat(host.files().program(file)).isEmpty();
        assertThat(host.files().program(Path.of("/bin/sh")))
                .contains(Path.of("/bin/sh").toRealPath());
    }

    @Test
    void filesAreChangedInOneStepAndLeaveNothingBeside() throws Exception {
        String name = AWKWARD.substring(0, 60);
        Path victim = Files.writeString(directory.resolve("victim"), "safe");
        Path file = Files.createSymbolicLink(directory.resolve(name), victim);
        byte[] content = AWKWARD.getBytes(StandardCharsets.UTF_8);
        try (Fence.Held held = held()) {
            held.write(file, content, DurableFiles.OWNER_ONLY);
            assertThat(file).isRegularFile().hasBinaryContent(content);
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFiles.OWNER_ONLY);
            held.setMode(file, DurableFiles.READABLE);
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFiles.READABLE);
            assertThat(victim).hasContent("safe");
            Path alias = Files.createSymbolicLink(directory.resolve("alias"), victim);
            assertThatIOException().isThrownBy(() -> held.setMode(alias, DurableFiles.READABLE_DIRECTORY));
            assertThat(Files.isExecutable(victim)).isFalse();
            held.delete(alias);

            Path inner = directory.resolve("inner");
            held.createDirectory(inner, DurableFiles.OWNER_ONLY_DIRECTORY);
            held.createDirectory(inner, DurableFiles.READABLE_DIRECTORY);
            held.createDirectory(inner, DurableFiles.READABLE_DIRECTORY);
            assertThat(Files.getPosixFilePermissions(inner)).isEqualTo(DurableFiles.READABLE_DIRECTORY);
            assertThatExceptionOfType(UnexpectedPathException.class)
                    .isThrownBy(() -> held.createDirectory(victim, DurableFiles.READABLE_DIRECTORY));

            held.moveInto(file, inner.resolve(name));
            assertThat(inner.resolve(name)).hasBinaryContent(content);
            assertThat(file).doesNotExist();
            assertThatIOException().isThrownBy(() -> held.moveInto(file, inner.resolve("x")));

            held.hardLink(directory.resolve("second"), victim);
            held.hardLink(directory.resolve("second"), victim);
            assertThat(Files.getAttribute(victim, "unix:nlink")).isEqualTo(2);

            Path link = directory.resolve("second");
            held.replaceLink(link, Path.of("inner", name));
            held.replaceLink(link, Path.of("inner"));
            held.replaceLink(link, Path.of("inner"));
            assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("inner"));

            held.delete(link);
            held.delete(link);
            assertThat(inner).isNotEmptyDirectory();
            Files.createSymbolicLink(inner.resolve("out"), victim);
            held.delete(inner);
            assertThat(inner).doesNotExist();
            assertThat(victim).hasContent("safe");
        }
        assertThat(host.files().list(directory)).containsExactlyInAnyOrder("victim", ".uplift");
    }

    @Test
    void directoriesAreCopiedWithModesAndPutBack() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        Files.createDirectory(from.resolve("deep"));
        Path file = Files.writeString(from.resolve("deep/a b"), "one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx-w--w-"));
        Files.createSymbolicLink(from.resolve("link"), Path.of("deep"));
        Path kept = directory.resolve("kept");
        try (Fence.Held held = held()) {
            held.copyTree(from, kept);
            Files.writeString(file, "changed");
            Files.writeString(from.resolve("new"), "new");
            held.replaceTree(kept, from);
            held.replaceTree(kept, from);
        }
        assertThat(file).hasContent("one");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rwx-w--w-");
        assertThat(from.resolve("new")).doesNotExist();
        assertThat(Files.readSymbolicLink(from.resolve("link"))).isEqualTo(Path.of("deep"));
        assertThat(host.files().list(directory)).containsExactlyInAnyOrder("from", "kept", ".uplift");
    }

    @Test
    void fileIsBroughtOnceAndWhatWasCutOffIsGoneOnWith() throws Exception {
        byte[] content = AWKWARD.repeat(500).getBytes(StandardCharsets.UTF_8);
        Path source = Files.write(directory.resolve("source"), content);
        String sha256 = DurableFiles.digest(source).sha256();
        Fence fence = host.fence(directory);
        List<Long> offsets = new ArrayList<>();
        Fence.Content whole = offset -> {
            offsets.add(offset);
            return new ByteArrayInputStream(content, (int) offset, content.length - (int) offset);
        };
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> fence.bring(whole, sha256, content.length, bytes -> {
                    if (bytes > 300_000) {
                        throw new IllegalStateException("cut off");
                    }
                }));
        List<Long> brought = new ArrayList<>();

        Path there = fence.bring(whole, sha256, content.length, brought::add);

        assertThat(there).hasBinaryContent(content);
        assertThat(Files.getPosixFilePermissions(there)).isEqualTo(DurableFiles.OWNER_ONLY);
        assertThat(offsets).hasSize(2).element(1).matches(offset -> offset > 100_000);
        assertThat(brought).last().isEqualTo((long) content.length);
        assertThat(fence.bring(whole, sha256, content.length, brought::add)).isEqualTo(there);
        assertThat(offsets).hasSize(2);

        Files.write(there, new byte[1_000]);
        fence.bring(whole, sha256, content.length, brought::add);
        assertThat(there).hasBinaryContent(content);
        assertThat(offsets).hasSize(4).endsWith(1_000L, 0L);

        Files.delete(there);
        assertThatExceptionOfType(WrongContentException.class)
                .isThrownBy(() -> fence.bring(
                        _ -> new ByteArrayInputStream(content, 1, content.length - 1),
                        sha256,
                        content.length,
                        _ -> {}));
        assertThatExceptionOfType(WrongContentException.class)
                .isThrownBy(() -> fence.bring(whole, sha256, content.length - 1, _ -> {}));
        assertThat(fence.incoming()).isEmptyDirectory();
    }
}
