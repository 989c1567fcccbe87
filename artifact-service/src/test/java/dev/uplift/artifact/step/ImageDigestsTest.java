/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.ArtifactWorld.artifacts;
import static dev.uplift.artifact.testing.RawServer.file;
import static dev.uplift.artifact.testing.RawServer.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Check;
import dev.uplift.contract.Check.Verdict;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.LocalHost;
import dev.uplift.worker.StepOutcome;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a registry may say about the tag of an image. */
class ImageDigestsTest {
    private static final String TAG = "v0.51.8";
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    @TempDir
    Path home;

    private ArtifactWorld world;
    private RawServer registry;
    private String repository;

    @BeforeEach
    void start() throws Exception {
        world = new ArtifactWorld(home);
        registry = new RawServer(image(ONE));
        repository = "127.0.0.1:" + registry.port() + "/metabase/metabase";
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
        world.close();
    }

    @Test
    void aTagIsItsDigestOfNow() throws Exception {
        Artifact first = artifact(fetch(null));

        assertThat(first.sha256()).isEqualTo(ONE);
        assertThat(first.pinned()).isFalse();
        assertThat(first.location()).hasToString("docker://" + repository + "@sha256:" + ONE);
        assertThat(registry.requests())
                .extracting(RawServer.Request::method, RawServer.Request::path)
                .containsExactly(Tuple.tuple("HEAD", "/v2/metabase/metabase/manifests/" + TAG));
        assertThat(world.files()).isEmpty();
        registry.answer(image(TWO));
        assertThat(artifact(fetch(null)).sha256()).isEqualTo(TWO);
    }

    @Test
    void theTagIsNotAskedForOnceAnUpgradeWasCompleted() throws Exception {
        Artifact fetched = artifact(fetch(null, Commands.knownImage(TAG, repository, TWO, false)));

        assertThat(fetched.sha256()).isEqualTo(TWO);
        assertThat(fetched.pinned()).isFalse();
        assertThat(registry.requests()).isEmpty();
    }

    @Test
    void aDigestThatTheOperatorNamesIsNotAskedForAndBeatsWhatNobodyNamed() throws Exception {
        assertThat(artifact(fetch(TWO)).sha256()).isEqualTo(TWO);
        assertThat(artifact(fetch(TWO, Commands.knownImage(TAG, repository, ONE, false))))
                .extracting(Artifact::sha256, Artifact::pinned)
                .containsExactly(TWO, true);
        assertThat(registry.requests()).isEmpty();
        refuses(
                fetch(TWO, Commands.knownImage(TAG, repository, ONE, true)),
                ErrorCode.ARTIFACT_WRONG,
                "uplift releases forget " + ONE);
    }

    @Test
    void aRegistryThatAsksForALoginIsToldItsOwnAndNobodyElseIs() throws Exception {
        Path logins = Files.writeString(home.resolve("logins.json"), "{\"registry\":\"operator:open sesame\"}");
        Files.setPosixFilePermissions(logins, PosixFilePermissions.fromString("rw-------"));
        String login = "Basic " + Base64.getEncoder().encodeToString("operator:open sesame".getBytes(UTF_8));
        try (RawServer elsewhere = new RawServer(image(TWO))) {
            world.close();
            world = new ArtifactWorld(
                    home,
                    ArtifactWorld.LIMITS,
                    RegistryLogins.configured(
                            new LocalHost(),
                            List.of("127.0.0.1:" + registry.port() + "=file:" + logins + "#/registry")));
            registry.answer((request, out) -> (login.equals(request.header("authorization"))
                            ? status("307 Temporary Redirect", "Location: " + elsewhere.url("/manifest"))
                            : status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"private\""))
                    .write(request, out));

            assertThat(artifact(fetch(null)).sha256()).isEqualTo(TWO);
            assertThat(registry.requests())
                    .extracting(request -> request.header("authorization"))
                    .containsExactly(null, login);
            assertThat(elsewhere.requests())
                    .singleElement()
                    .satisfies(request ->
                            assertThat(request.header("authorization")).isNull());
        }
    }

    @Test
    void whatIsNoImageIsRefused() throws Exception {
        registry.answer(status("404 Not Found"));
        refuses(fetch(null), ErrorCode.ARTIFACT_UNAVAILABLE, "has no tag " + TAG);
        registry.answer(status("200 OK"));
        refuses(fetch(null), ErrorCode.ARTIFACT_UNAVAILABLE, "names no SHA-256 digest");
        registry.answer(status("200 OK", "Docker-Content-Digest: sha512:" + ONE + TWO));
        refuses(fetch(null), ErrorCode.ARTIFACT_UNAVAILABLE, "names no SHA-256 digest");
        registry.answer(status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"private\""));
        refuses(fetch(null), ErrorCode.ARTIFACT_UNAVAILABLE, "--image 127.0.0.1");
        registry.answer(status(
                "401 Unauthorized", "WWW-Authenticate: Bearer realm=\"http://169.254.169.254/token\",scope=\"x\""));
        refuses(fetch(null), ErrorCode.ARTIFACT_UNAVAILABLE, "--image 127.0.0.1");
        refuses(
                world.fetch(Commands.image(
                        StepName.FETCH,
                        new Release(TAG, null, null, URI.create("https://downloads.example.org/x.jar")),
                        repository)),
                ErrorCode.INVALID,
                "not from a URL");
        refuses(
                world.fetch(
                        Commands.image(StepName.FETCH, new Release(TAG, null, null, null), "10.0.0.1:5000/metabase")),
                ErrorCode.ARTIFACT_ADDRESS_REFUSED,
                "10.0.0.1");
    }

    @Test
    void aPlanSaysWhatTheTagIsAndRecordsNothing() throws Exception {
        assertThat(locate()).contains(Tuple.tuple("artifact.image", Verdict.WARN));
        registry.answer(image(TWO));
        assertThat(artifact(fetch(null)).sha256()).isEqualTo(TWO);
    }

    @Test
    void aPlanSaysThatThereIsNoSuchTag() throws Exception {
        registry.answer(status("404 Not Found"));
        assertThat(locate()).contains(Tuple.tuple("artifact.image", Verdict.FAIL));
    }

    @Test
    void aClusterGetsItsJarAndItsImageOrNothing() throws Exception {
        byte[] jar = TestJar.of(TAG, 1);
        try (RawServer server = new RawServer(file(jar, "\"one\""))) {
            Release to = new Release(TAG, null, null, server.url("/metabase.jar"));

            List<Artifact> artifacts = artifacts(world.fetch(Commands.cluster(StepName.FETCH, to, repository)));

            assertThat(artifacts).extracting(Artifact::sha256).containsExactly(TestJar.sha256(jar), ONE);
            assertThat(artifacts).extracting(Artifact::version).containsOnly(TAG);
            assertThat(artifacts.getFirst().repository()).isEmpty();
            assertThat(artifacts.getLast().repository()).contains(repository);
            registry.answer(status("404 Not Found"));
            refuses(
                    world.fetch(Commands.cluster(StepName.FETCH, to, repository + "/other")),
                    ErrorCode.ARTIFACT_UNAVAILABLE,
                    "has no tag");
        }
    }

    private Iterable<Tuple> locate() throws Exception {
        StepOutcome outcome =
                world.locate(Commands.image(StepName.LOCATE, new Release(TAG, null, null, null), repository));
        assertThat(outcome).isInstanceOf(StepOutcome.Succeeded.class);
        return ((StepOutput.ArtifactsLocated) ((StepOutcome.Succeeded) outcome).output())
                .checks().stream()
                        .map((Check check) -> Tuple.tuple(check.name(), check.verdict()))
                        .toList();
    }

    private StepOutcome fetch(@Nullable String sha256, Artifact... known) throws Exception {
        return world.fetch(Commands.image(
                        StepName.FETCH,
                        new Release(TAG, null, null, sha256 == null ? Map.of() : Map.of(repository, sha256), null),
                        repository)
                .withKnown(List.of(known)));
    }

    private static RawServer.Answer image(String sha256) {
        return status("200 OK", "Docker-Content-Digest: sha256:" + sha256);
    }

    private static void refuses(StepOutcome outcome, ErrorCode code, String detail) {
        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
            assertThat(failed.code()).isEqualTo(code);
            assertThat(failed.detail()).contains(detail);
        });
    }
}
