/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.RawServer.cut;
import static dev.uplift.artifact.testing.RawServer.file;
import static dev.uplift.artifact.testing.RawServer.ok;
import static dev.uplift.artifact.testing.RawServer.part;
import static dev.uplift.artifact.testing.RawServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.artifact.testing.TestRun;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.worker.StepCancelledException;
import dev.uplift.worker.StepOutcome;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a fetch leaves behind, and what it does not fetch again. */
final class FetchArtifactTest extends ServedArtifact {
    private static final byte[] BROKEN = TestJar.of("v0.51.8", 2);
    private static final String BROKEN_SHA256 = TestJar.sha256(BROKEN);
    private static final String STORED = "artifacts/sha256/" + SHA256.substring(0, 2) + "/" + SHA256;

    @Test
    void aPinnedArtifactIsStoredByItsHash() throws Exception {
        TestRun run = new TestRun();

        Artifact artifact = artifact(world.fetch(pinned(), run));

        assertThat(artifact)
                .isEqualTo(new Artifact(
                        SHA256,
                        JAR.length,
                        "v0.51.8",
                        "oss",
                        URI.create("http://127.0.0.1:8481/artifacts/" + SHA256),
                        true));
        assertThat(world.files()).containsExactly(STORED);
        assertThat(home.resolve(STORED)).hasBinaryContent(JAR);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(STORED))))
                .isEqualTo("rw-r--r--");
        assertThat(run.progress().getLast())
                .isEqualTo(Progress.of("fetching", Progress.Unit.BYTES, JAR.length, JAR.length));
    }

    @Test
    void whatIsInTheStoreIsHashedAgainAndNotFetched() throws Exception {
        artifact(world.fetch(pinned()));
        TestRun run = new TestRun();

        assertThat(artifact(world.fetch(pinned(), run)).sha256()).isEqualTo(SHA256);

        assertThat(server.requests()).hasSize(1);
        assertThat(run.progress()).extracting(Progress::activity).containsOnly("hashing the stored artifact");
    }

    @Test
    void aStoredFileThatHasChangedOnTheDiskIsTakenOutAndFetchedAgain() throws Exception {
        artifact(world.fetch(pinned()));
        byte[] rotten = JAR.clone();
        rotten[rotten.length / 2] ^= 1;
        Files.write(home.resolve(STORED), rotten);

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);

        assertThat(server.requests()).hasSize(2);
        assertThat(home.resolve(STORED)).hasBinaryContent(JAR);
    }

    @Test
    void aCorruptStoredFileIsNotServedAfterAFetchThatFails() throws Exception {
        artifact(world.fetch(pinned()));
        Files.writeString(home.resolve(STORED), "rotten");
        server.answer(status("404 Not Found"));

        refused(world.fetch(pinned()), ErrorCode.ARTIFACT_UNAVAILABLE, "there is no such artifact");

        assertThat(world.store().find(SHA256)).isEmpty();
    }

    @Test
    void aPinBeatsWhatWasFetchedUnpinnedBefore() throws Exception {
        server.answer(ok(BROKEN));
        assertThat(artifact(world.fetch(command(null))).sha256()).isEqualTo(BROKEN_SHA256);

        server.answer(ok(JAR));
        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);
    }

    @Test
    void aPinBeatsWhatUpgradesWereCompletedWithUnpinned() throws Exception {
        StepCommand command = pinned().withKnown(List.of(Commands.known("v0.51.8", BROKEN_SHA256, false)));

        assertThat(artifact(world.fetch(command)))
                .extracting(Artifact::sha256, Artifact::pinned)
                .containsExactly(SHA256, true);
    }

    @Test
    void aPinAgainstAnEarlierPinIsAPersonsToJudge() throws Exception {
        StepCommand command = pinned().withKnown(List.of(Commands.known("v0.51.8", BROKEN_SHA256, true)));

        refused(world.fetch(command), ErrorCode.ARTIFACT_WRONG, "uplift releases forget " + BROKEN_SHA256);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void withoutAPinItIsWhatItsUrlGivesNow() throws Exception {
        Artifact first = artifact(world.fetch(command(null)));
        assertThat(first.pinned()).isFalse();
        assertThat(artifact(world.fetch(command(null)))).isEqualTo(first);
        assertThat(server.requests())
                .describedAs("it is not transferred again while the server says that it is the same")
                .extracting(RawServer.Request::method)
                .containsExactly("GET", "HEAD");

        server.answer(file(BROKEN, "\"two\""));

        assertThat(artifact(world.fetch(command(null))).sha256()).isEqualTo(BROKEN_SHA256);
    }

    @Test
    void anotherUrlIsAskedForWhatItHas() throws Exception {
        artifact(world.fetch(command(null)));
        server.answer((request, out) -> (request.path().equals("/mended.jar")
                        ? file(BROKEN, "\"one\"")
                        : file(JAR, "\"one\""))
                .write(request, out));

        assertThat(artifact(world.fetch(Commands.fetch("0.51.8.0", server.url("/mended.jar"), null)))
                        .sha256())
                .isEqualTo(BROKEN_SHA256);
        assertThat(artifact(world.fetch(command(null))).sha256()).isEqualTo(SHA256);
    }

    @Test
    void aUrlThatHasAnotherContentThanCompletedUpgradesIsRefused() throws Exception {
        for (boolean stored : List.of(false, true)) {
            StepCommand command = command(null).withKnown(List.of(Commands.known("v0.51.8", BROKEN_SHA256, false)));
            refused(
                    world.fetch(command),
                    ErrorCode.ARTIFACT_WRONG,
                    server.url("/metabase.jar") + " gives " + SHA256 + ", but upgrades to v0.51.8 were completed with "
                            + BROKEN_SHA256 + ", which nobody pinned");
            assertThat(world.store().find(SHA256).isPresent()).isEqualTo(stored);
            artifact(world.fetch(command(null)));
        }
    }

    @Test
    void whatUpgradesWereCompletedWithIsTheVersionWhereNobodyNamesAnotherUrl() throws Exception {
        artifact(world.fetch(pinned()));
        StepCommand atItsPlace = Commands.command(
                        StepName.FETCH, Commands.FROM, new Release("v0.51.8", null, null, null))
                .withKnown(List.of(Commands.known("v0.51.8", SHA256, true)));

        assertThat(artifact(world.fetch(atItsPlace)))
                .extracting(Artifact::sha256, Artifact::pinned)
                .containsExactly(SHA256, true);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void whatAnotherPinIsStoredForIsNotTaken() throws Exception {
        artifact(world.fetch(pinned()));
        server.answer(file(BROKEN, "\"one\""));

        refused(world.fetch(command("c".repeat(64))), ErrorCode.ARTIFACT_WRONG, "wanted is " + "c".repeat(64));
    }

    @ParameterizedTest
    @MethodSource
    void itIsReadWhichJavaTheMainClassNeeds(Map<String, byte[]> entries, @Nullable Integer java) throws Exception {
        Map<String, byte[]> all = new HashMap<>(entries);
        all.put("version.properties", "tag=v0.51.8\n".getBytes(StandardCharsets.UTF_8));
        server.answer(ok(TestJar.with(all, 1)));

        assertThat(artifact(world.fetch(command(null))).javaMin()).isEqualTo(java);
    }

    static Stream<Arguments> itIsReadWhichJavaTheMainClassNeeds() {
        byte[] plain = TestJar.manifest("Main-Class: app.Main ");
        byte[] boot = TestJar.manifest("Main-Class: boot.JarLauncher", "Start-Class: app.Main");
        return Stream.of(
                Arguments.of(Map.of(TestJar.MANIFEST, plain, "app/Main.class", TestJar.classFor(21)), 21),
                Arguments.of(Map.of(TestJar.MANIFEST, plain, "app/Main.class", TestJar.classFor(8)), 8),
                // What only newer Javas load does not count.
                Arguments.of(
                        Map.of(
                                TestJar.MANIFEST,
                                TestJar.manifest("Main-Class: app.Main", "Multi-Release: true"),
                                "app/Main.class",
                                TestJar.classFor(11),
                                "META-INF/versions/25/app/Main.class",
                                TestJar.classFor(25)),
                        11),
                // A launcher that runs everywhere, of an application that does not.
                Arguments.of(
                        Map.of(
                                TestJar.MANIFEST,
                                boot,
                                "boot/JarLauncher.class",
                                TestJar.classFor(8),
                                "BOOT-INF/classes/app/Main.class",
                                TestJar.classFor(25)),
                        25),
                Arguments.of(
                        Map.of(
                                TestJar.MANIFEST,
                                TestJar.manifest(
                                        "Main-Class: boot.WarLauncher",
                                        "Start-Class: app.Main",
                                        "Spring-Boot-Classes: WEB-INF/classes"),
                                "boot/WarLauncher.class",
                                TestJar.classFor(8),
                                "WEB-INF/classes/app/Main.class",
                                TestJar.classFor(17)),
                        17),
                // Its main class is elsewhere, or no class: that it is not known is all that can be said.
                Arguments.of(Map.of(TestJar.MANIFEST, plain), null),
                Arguments.of(Map.of(TestJar.MANIFEST, plain, "app/Main.class", new byte[] {1, 2, 3}), null));
    }

    @Test
    void aCutTransferIsContinued() throws Exception {
        server.answer((request, out) -> {
            boolean first = server.requests().size() == 1;
            (first ? cut(JAR, 40_000, "ETag: \"one\"") : file(JAR, "\"one\"")).write(request, out);
        });

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);

        assertThat(server.requests()).hasSize(2);
        assertThat(server.requests().get(1).headers())
                .containsEntry("range", "bytes=40000-")
                .containsEntry("if-range", "\"one\"");
        assertThat(world.files()).containsExactly(STORED);
    }

    @Test
    void aTransferThatFailedIsContinuedByALaterCommand() throws Exception {
        server.answer(cut(JAR, 40_000, "ETag: \"one\""));
        retryable(world.fetch(pinned()), ErrorCode.ARTIFACT_UNAVAILABLE, "broke off");
        server.answer(file(JAR, "\"one\""));
        int before = server.requests().size();

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);

        assertThat(server.requests().get(before).header("range")).isNotNull();
    }

    @Test
    void withoutAStrongETagItBeginsAnew() throws Exception {
        for (String header : List.of("ETag: W/\"one\"", "Last-Modified: Sun, 01 Mar 2026 00:00:00 GMT")) {
            int before = server.requests().size();
            server.answer((request, out) -> {
                boolean first = server.requests().size() == before + 1;
                (first ? cut(JAR, 40_000, header) : ok(JAR, header)).write(request, out);
            });
            assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);
            assertThat(server.requests().getLast().header("range")).isNull();
            Files.delete(home.resolve(STORED));
        }
    }

    @Test
    void aFileThatChangedMeanwhileBeginsAnew() throws Exception {
        byte[] old = TestJar.of("v0.51.8", 9);
        server.answer((request, out) -> {
            boolean first = server.requests().size() == 1;
            (first ? cut(old, 40_000, "ETag: \"old\"") : file(JAR, "\"new\"")).write(request, out);
        });

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);
    }

    @Test
    void aPartOfAnotherFileBeginsAnew() throws Exception {
        for (RawServer.Answer lie : List.of(
                part(JAR, 40_000, "\"other\""),
                part(JAR, 39_000, "\"one\""),
                part(Arrays.copyOf(JAR, JAR.length - 1), 40_000, "\"one\""),
                part(JAR, 40_000, "W/\"one\""),
                status("416 Range Not Satisfiable"),
                status("206 Partial Content", "ETag: \"one\""))) {
            int before = server.requests().size();
            server.answer((request, out) -> {
                RawServer.Answer answer = request.header("range") != null
                        ? lie
                        : server.requests().size() == before + 1 ? cut(JAR, 40_000, "ETag: \"one\"") : ok(JAR);
                answer.write(request, out);
            });
            assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);
            assertThat(server.requests()).hasSize(before + 3);
            Files.delete(home.resolve(STORED));
        }
    }

    @Test
    void piecesOfTwoFilesWithOneETagAreNoticedAndFetchedAnew() throws Exception {
        byte[] other = TestJar.of("v0.51.8", 9);
        server.answer((request, out) -> {
            boolean first = server.requests().size() == 1;
            (first ? cut(other, 40_000, "ETag: \"one\"") : file(JAR, "\"one\"")).write(request, out);
        });

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);

        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void aFleetFetchesOneReleaseOnce() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<StepOutcome> fetch = () -> world.fetch(pinned());
            List<Future<StepOutcome>> all = threads.invokeAll(java.util.Collections.nCopies(4, fetch));
            for (Future<StepOutcome> one : all) {
                assertThat(artifact(one.get()).sha256()).isEqualTo(SHA256);
            }
        }
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aFetchEndsWhenItIsCancelled() {
        TestRun run = new TestRun();
        server.answer((request, out) -> {
            RawServer.head(out, "200 OK", "Content-Length: " + JAR.length);
            run.cancel();
            server.awaitClose();
        });

        assertThatThrownBy(() -> world.fetch(pinned(), run)).isInstanceOf(StepCancelledException.class);
    }

    @Test
    void aRedirectToAnAllowedAddressIsFollowed() throws Exception {
        server.answer((request, out) -> (request.path().equals("/metabase.jar")
                        ? status("302 Found", "Location: mirror/v0.51.8.jar")
                        : ok(JAR))
                .write(request, out));

        assertThat(artifact(world.fetch(pinned())).sha256()).isEqualTo(SHA256);

        assertThat(server.requests()).extracting(RawServer.Request::path).contains("/mirror/v0.51.8.jar");
    }

    private StepCommand pinned() {
        return command(SHA256);
    }
}
