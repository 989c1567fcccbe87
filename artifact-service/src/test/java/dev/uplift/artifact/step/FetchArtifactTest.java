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
import dev.uplift.contract.StepCommand;
import dev.uplift.messaging.worker.StepCancelledException;
import dev.uplift.messaging.worker.StepOutcome;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a fetch leaves behind, and what it does not fetch again. */
final class FetchArtifactTest extends ServedArtifact {
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
    void withoutAPinTheFirstContentIsTheVersionsForEver() throws Exception {
        StepCommand unpinned = command(null);
        assertThat(artifact(world.fetch(unpinned)).pinned()).isFalse();

        server.answer(ok(TestJar.of("v0.51.8", 2)));
        assertThat(artifact(world.fetch(unpinned)).sha256())
                .describedAs("known: nothing is fetched")
                .isEqualTo(SHA256);
        assertThat(server.requests()).hasSize(1);

        Files.delete(home.resolve(STORED));
        refused(world.fetch(unpinned), ErrorCode.ARTIFACT_WRONG, "wanted is " + SHA256);
        assertThat(world.files()).isEmpty();

        String other = TestJar.sha256(TestJar.of("v0.51.8", 2));
        refused(
                world.fetch(Commands.fetch("0.51.8.0", server.url("/metabase.jar"), other)),
                ErrorCode.ARTIFACT_WRONG,
                "a released version must not change");
    }

    @Test
    void aPinThatIsGivenLaterSticks() throws Exception {
        StepCommand unpinned = command(null);
        artifact(world.fetch(unpinned));

        assertThat(artifact(world.fetch(pinned())).pinned()).isTrue();
        assertThat(artifact(world.fetch(unpinned)).pinned()).isTrue();
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
