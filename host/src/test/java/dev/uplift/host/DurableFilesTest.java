/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DurableFilesTest {
    private static final Host HOST = new LocalHost();
    private static final String SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void canonical() throws Exception {
        directory = temporary.toRealPath();
    }

    @Test
    void writtenFileHasItsModeAndLeavesNothingBeside() throws Exception {
        Path file = directory.resolve("secret");
        Files.writeString(DurableFiles.temporary(file), "left by a crash");
        DurableFiles.write(file, bytes("one"), DurableFiles.OWNER_ONLY);
        DurableFiles.write(file, bytes("two"), DurableFiles.OWNER_ONLY);

        assertThat(file).hasContent("two");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFiles.OWNER_ONLY);
        assertThat(directory).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void writeReplacesALinkAndNotWhatItLeadsTo() throws Exception {
        Path victim = Files.writeString(directory.resolve("victim"), "safe");
        Path file = Files.createSymbolicLink(directory.resolve("file"), victim);

        DurableFiles.write(file, bytes("new"), DurableFiles.READABLE);

        assertThat(victim).hasContent("safe");
        assertThat(file).isRegularFile().hasContent("new");
    }

    @Test
    void copyHashesOnTheWay() throws Exception {
        List<Long> copied = new ArrayList<>();
        Digested digested = DurableFiles.copy(
                new ByteArrayInputStream(bytes("abc")),
                directory.resolve("copy"),
                3,
                DurableFiles.READABLE,
                copied::add);

        assertThat(digested).isEqualTo(new Digested(SHA256_OF_ABC, 3));
        assertThat(DurableFiles.digest(directory.resolve("copy"))).isEqualTo(digested);
        assertThat(copied).containsExactly(3L);
    }

    @Test
    void copyOfMoreThanIsAllowedLeavesNothing() {
        Path target = directory.resolve("copy");
        assertThatIOException()
                .isThrownBy(() -> DurableFiles.copy(
                        new ByteArrayInputStream(bytes("abc")), target, 2, DurableFiles.READABLE, copied -> {}))
                .withMessageContaining("2 bytes");
        assertThat(target).doesNotExist();
    }

    @Test
    void linkIsReplacedInPlaceOfAFileAndOfALink() throws Exception {
        Path link = Files.writeString(directory.resolve("app.jar"), "plain");
        DurableFiles.replaceLink(link, Path.of("current/app.jar"));
        assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("current/app.jar"));
        DurableFiles.replaceLink(link, Path.of("other"));
        DurableFiles.replaceLink(link, Path.of("other"));
        assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("other"));
    }

    @Test
    void deleteTakesATreeAndNotWhatItLinksTo() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "kept");
        Path tree = Files.createDirectories(directory.resolve("tree/deep"));
        Files.createSymbolicLink(tree.resolve("link"), outside);

        DurableFiles.delete(directory.resolve("tree"));
        DurableFiles.delete(directory.resolve("tree"));

        assertThat(directory.resolve("tree")).doesNotExist();
        assertThat(outside.resolve("kept")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/cron.d/x", "/etc/passwd", "a/../b", "..", "", ".", "a//b", "a\0b"})
    void pathThatLeavesTheRegisteredRootIsRefused(String path) throws Exception {
        RegisteredRoot root = RegisteredRoot.of(HOST.files(), directory.toString());

        assertThatIOException().isThrownBy(() -> root.file(path)).isInstanceOf(UnexpectedPathException.class);
    }

    @Test
    void pathThroughALinkIsRefusedAlsoWithinTheRoot() throws Exception {
        Files.createDirectory(directory.resolve("inside"));
        Files.createSymbolicLink(directory.resolve("link"), Path.of("inside"));
        RegisteredRoot root = RegisteredRoot.of(HOST.files(), directory.toString());

        assertThatIOException().isThrownBy(() -> root.file("link/file")).isInstanceOf(UnexpectedPathException.class);
        assertThatIOException().isThrownBy(() -> root.file("link")).isInstanceOf(UnexpectedPathException.class);
        assertThat(root.link("link")).isSymbolicLink();
    }

    @Test
    void rootThatBecameALinkAfterTheCheckIsRefused() throws Exception {
        Path registered = Files.createDirectory(directory.resolve("app"));
        RegisteredRoot root = RegisteredRoot.of(HOST.files(), registered.toString());
        assertThat(root.file("x.jar")).isEqualTo(registered.resolve("x.jar"));

        Files.move(registered, directory.resolve("moved"));
        Files.createSymbolicLink(registered, directory.resolve("moved"));

        assertThatIOException()
                .isThrownBy(() -> root.file("x.jar"))
                .isInstanceOf(UnexpectedPathException.class)
                .withMessageContaining("symbolic link");
    }

    @ParameterizedTest
    @ValueSource(strings = {"relative", "/tmp/../tmp", "/tmp/", "/no/such/directory", "/tmp/\0"})
    void rootThatIsNoCanonicalDirectoryIsRefused(String path) {
        assertThatIOException()
                .isThrownBy(() -> RegisteredRoot.of(HOST.files(), path))
                .isInstanceOf(UnexpectedPathException.class);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
