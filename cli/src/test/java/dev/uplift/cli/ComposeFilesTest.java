/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ComposedNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --update-compose-file}, from the end of an upgrade to the file. */
final class ComposeFilesTest {
    private static final String OLD = "metabase/metabase:v0.50.1";
    private static final String NEW = "metabase/metabase:v0.51.2";
    private static final String OLD_DIGEST = "@sha256:" + "a".repeat(64);

    @TempDir
    private Path directory;

    private final FakeOrchestrator orchestrator = new FakeOrchestrator();
    private final Terminal terminal = new Terminal();
    private Path file;

    @BeforeEach
    void name() throws IOException {
        directory = directory.toRealPath();
        file = directory.resolve("docker-compose.yml");
    }

    @AfterEach
    void stop() {
        orchestrator.close();
    }

    @ParameterizedTest
    @CsvSource({
        "metabase/metabase:v0.50.1, metabase/metabase:v0.51.2",
        "docker.io/metabase/metabase:v0.50.1, docker.io/metabase/metabase:v0.51.2",
        "metabase/metabase, metabase/metabase:v0.51.2",
        "metabase/metabase:latest, metabase/metabase:v0.51.2",
        "metabase/metabase:v0.50.1<OLD>, metabase/metabase:v0.51.2<NEW>",
        "metabase/metabase<OLD>, metabase/metabase<NEW>"
    })
    void imageThatRanIsExchangedAsItIsWritten(String before, String after) throws Exception {
        write(before.replace("<OLD>", OLD_DIGEST));

        assertThat(watch(node(before.replace("<OLD>", OLD_DIGEST), file))).isEqualTo(ExitCode.OK);

        String written = after.replace("<NEW>", "@sha256:" + Upgrades.NEW_IMAGE);
        assertThat(Files.readString(file)).isEqualTo(content(written));
        assertThat(terminal.err()).contains("shop: wrote image: " + written + " instead of ");
    }

    @Test
    void doneAgainItChangesNothing() throws Exception {
        write(NEW);
        Object before = Files.getLastModifiedTime(file);

        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);

        assertThat(Files.readString(file)).isEqualTo(content(NEW));
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(before);
        assertThat(terminal.err()).contains("image: " + NEW + " is written already for service metabase in " + file);
    }

    @ParameterizedTest
    @CsvSource({
        "metabase/metabase:${TAG:-v0.50.1}, the image there holds a variable",
        "metabase/metabase:v0.49.1, another image is there: metabase/metabase:v0.49.1",
        "other/metabase:v0.51.2, another image is there: other/metabase:v0.51.2"
    })
    void anotherImageIsLeftAndSaid(String image, String reason) throws Exception {
        write(image);

        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);

        assertThat(Files.readString(file)).isEqualTo(content(image));
        assertThat(terminal.err())
                .contains("uplift: shop: write image: " + NEW + " for service metabase in " + file
                        + " yourself, or the next recreation by compose brings v0.50.1 back; " + reason);
    }

    @Test
    void fileThatIsNotHereIsSaid() {
        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);
        assertThat(terminal.err()).contains("write image: " + NEW).contains(file + " is not on this machine");
    }

    @Test
    void containerThatDoesNotSayItsFileIsSaid() {
        assertThat(watch(node(OLD))).isEqualTo(ExitCode.OK);
        assertThat(terminal.err()).contains("in its compose file yourself").contains("does not say where that is");
    }

    @Test
    void ofTwoFilesTheOneThatNamesTheImageIsWritten() throws Exception {
        write(OLD);
        Path more = Files.writeString(
                directory.resolve("override.yml"),
                "services: {metabase: {restart: always}, other: {image: " + OLD + "}}");

        assertThat(watch(node(OLD, file, more))).isEqualTo(ExitCode.OK);

        assertThat(Files.readString(file)).isEqualTo(content(NEW));
        assertThat(more).content().contains(OLD);
    }

    @Test
    void ofTwoFilesThatBothNameItNoneIsWritten() throws Exception {
        write(OLD);
        Path more = Files.writeString(directory.resolve("override.yml"), content(OLD));

        assertThat(watch(node(OLD, file, more))).isEqualTo(ExitCode.OK);

        assertThat(Files.readString(file)).isEqualTo(content(OLD));
        assertThat(Files.readString(more)).isEqualTo(content(OLD));
        assertThat(terminal.err()).contains("more than one of them names it");
    }

    @Test
    void fileBehindALinkKeepsItsModeAndTheLink() throws Exception {
        Path real = Files.createDirectory(directory.resolve("repository")).resolve("compose.yml");
        Files.writeString(real, content(OLD));
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-rw----"));
        Files.createSymbolicLink(file, Path.of("repository/compose.yml"));
        Files.writeString(real.resolveSibling(".compose.yml.uplift-tmp"), "left behind by one that was killed");
        Object owner = Files.getOwner(real);

        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);

        assertThat(Files.readSymbolicLink(file)).isEqualTo(Path.of("repository/compose.yml"));
        assertThat(Files.readString(real)).isEqualTo(content(NEW));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real, LinkOption.NOFOLLOW_LINKS)))
                .isEqualTo("rw-rw----");
        assertThat(Files.getOwner(real)).isEqualTo(owner);
        try (Stream<Path> beside = Files.list(real.getParent())) {
            assertThat(beside).containsExactly(real);
        }
    }

    @Test
    void readOnlyFileIsLeftAndSaid() throws Exception {
        write(OLD);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));

        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);

        assertThat(Files.readString(file)).isEqualTo(content(OLD));
        assertThat(terminal.err()).contains(file + " is read-only");
    }

    @Test
    void textInAnotherEncodingIsLeftAndSaid() throws Exception {
        byte[] latin = ("# caf\u00e9\n" + content(OLD)).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        Files.write(file, latin);

        assertThat(watch(node(OLD, file))).isEqualTo(ExitCode.OK);

        assertThat(Files.readAllBytes(file)).isEqualTo(latin);
        assertThat(terminal.err()).contains("is not text in UTF-8");
    }

    @Test
    void withoutTheOptionAndAfterARollbackNothingIsWritten() throws Exception {
        write(OLD);
        orchestrator.put(Upgrades.starting("shop", 1));
        CompletableFuture<Integer> exit = watching("");
        orchestrator.tell(Upgrades.composed("shop", 2, node(OLD, file)));
        assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ExitCode.OK);

        orchestrator.put(Upgrades.starting("other", 1));
        exit = watching(" --update-compose-file");
        orchestrator.tell(Upgrades.rolledBack("other", 2));
        assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ExitCode.FAILED);

        assertThat(Files.readString(file)).isEqualTo(content(OLD));
        assertThat(terminal.err()).doesNotContain("image:");
    }

    @Test
    void installationWithoutComposeIsSaid() throws Exception {
        orchestrator.put(Upgrades.starting("shop", 1));
        CompletableFuture<Integer> exit = watching(" --update-compose-file");
        orchestrator.tell(Upgrades.completed("shop", 2));

        assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(ExitCode.OK);
        assertThat(terminal.err()).contains("shop: no container of it is of Docker Compose");
    }

    private int watch(ComposedNode node) {
        orchestrator.put(Upgrades.starting("shop", 1));
        CompletableFuture<Integer> exit = watching(" --update-compose-file");
        orchestrator.tell(Upgrades.composed("shop", 2, node));
        try {
            return exit.get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<Integer> watching(String option) {
        int before = orchestrator.listenerCount();
        String command = "watch" + option + " --server " + orchestrator.url();
        CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> terminal.run(command.split(" ", -1)));
        Awaitility.await().until(() -> orchestrator.listenerCount() > before);
        return exit;
    }

    private static ComposedNode node(String from, Path... files) {
        return new ComposedNode(
                "node-1",
                "shop",
                "metabase",
                Stream.of(files).map(Path::toString).toList(),
                List.of(from, OLD),
                NEW);
    }

    private void write(String image) throws IOException {
        Files.writeString(file, content(image));
    }

    private static String content(String image) {
        return "services:\n  metabase: # the dashboard\n    image: " + image + "\n";
    }
}
