/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.RawServer.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Check;
import dev.uplift.contract.Check.Verdict;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepOutcome;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dry run says what a fetch would find, and changes nothing. */
final class LocateArtifactTest extends ServedArtifact {

    @Test
    void theServerIsAskedByHeadAndNothingIsFetched() throws Exception {
        Found located = locate("v0.51.8", server.url("/metabase.jar?token=secret"), SHA256);

        assertThat(located.artifact().sizeBytes()).isEqualTo(JAR.length);
        assertThat(located.artifact().inStore()).isFalse();
        assertThat(located.artifact().url()).isEqualTo(server.url("/metabase.jar") + "?...");
        assertThat(located.checks()).extracting(Check::verdict).containsOnly(Verdict.OK);
        assertThat(server.requests()).extracting(RawServer.Request::method).containsExactly("HEAD");
        assertThat(world.files()).isEmpty();
    }

    @Test
    void whatIsPinnedAndInTheStoreIsNotAskedForAndThatIsSaid() throws Exception {
        artifact(world.fetch(command(null)));

        Found located = locate("v0.51.8", server.url("/elsewhere.jar"), SHA256);

        assertThat(located.artifact().inStore()).isTrue();
        assertThat(located.artifact().sizeBytes()).isEqualTo(JAR.length);
        assertThat(server.requests()).hasSize(1);
        assertThat(hash(located).detail()).contains("its URL is not asked");
    }

    @Test
    void withoutAPinTheUrlIsAskedWhetherItStillGivesWhatIsInTheStore() throws Exception {
        artifact(world.fetch(command(null)));

        assertThat(locate("v0.51.8", server.url("/metabase.jar"), null)
                        .artifact()
                        .inStore())
                .isTrue();
        assertThat(locate("v0.51.8", server.url("/elsewhere.jar"), null)
                        .artifact()
                        .inStore())
                .isFalse();
        server.answer(RawServer.file(JAR, "\"two\""));
        assertThat(locate("v0.51.8", server.url("/metabase.jar"), null)
                        .artifact()
                        .inStore())
                .isFalse();
    }

    @Test
    void aMissingPinIsToldAndDoesNotStopAnything() throws Exception {
        assertThat(hash(locate("v0.51.8", server.url("/metabase.jar"), null)))
                .extracting(Check::verdict, Check::detail)
                .containsExactly(Verdict.WARN, "not pinned: what its URL gives will be taken");
    }

    @Test
    void whatUpgradesWereCompletedWithIsToldAsPinnedOrNot() throws Exception {
        URI url = server.url("/metabase.jar");
        String other = "c".repeat(64);

        assertThat(hash(locate("v0.51.8", url, null, Commands.known("v0.51.8", SHA256, false))))
                .extracting(Check::verdict, Check::detail)
                .containsExactly(
                        Verdict.WARN,
                        "upgrades were completed with " + SHA256
                                + "; whether its URL gives that, only the fetch tells");
        assertThat(hash(locate("v0.51.8", url, SHA256, Commands.known("v0.51.8", other, false))))
                .extracting(Check::verdict)
                .isEqualTo(Verdict.WARN);
        assertThat(hash(locate("v0.51.8", url, SHA256, Commands.known("v0.51.8", other, true))))
                .extracting(Check::verdict)
                .isEqualTo(Verdict.FAIL);
        artifact(world.fetch(command(null)));
        assertThat(hash(locate("v0.51.8", url, null, Commands.known("v0.51.8", SHA256, false))))
                .extracting(Check::verdict, Check::detail)
                .containsExactly(Verdict.OK, "as in upgrades that were completed, not pinned: " + SHA256);
        assertThat(hash(locate("v0.51.8", url, null, Commands.known("v0.51.8", other, true))))
                .extracting(Check::verdict)
                .isEqualTo(Verdict.FAIL);
    }

    @Test
    void theUrlOfAProfileIsNotVouchedForUnasked(@TempDir Path profiles, @TempDir Path elsewhere) throws Exception {
        try (InputStream builtIn = Profiles.class.getResourceAsStream("/profiles/metabase.yaml")) {
            Files.writeString(
                    profiles.resolve("metabase.yaml"),
                    new String(Objects.requireNonNull(builtIn).readAllBytes(), StandardCharsets.UTF_8)
                            .replace(
                                    "https://downloads.metabase.com/",
                                    server.url("/").toString()));
        }
        server.answer(status("405 Method Not Allowed"));
        try (ArtifactWorld other = new ArtifactWorld(elsewhere, Profiles.load(Optional.of(profiles)))) {
            StepOutcome outcome = other.locate(
                    Commands.command(StepName.LOCATE, Commands.FROM, new Release("v0.51.8", null, null, null))
                            .withKnown(List.of(Commands.known("v0.51.8", SHA256, false))));

            assertThat(hash(found(outcome)))
                    .extracting(Check::verdict, Check::detail)
                    .containsExactly(
                            Verdict.WARN,
                            "upgrades were completed with " + SHA256
                                    + "; whether its URL gives that, only the fetch tells");
        }
    }

    @Test
    void whatAFetchWouldRefuseIsAFailingCheck() throws Exception {
        assertThat(locate("v0.49.1", server.url("/x.jar"), null).checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.version", Verdict.FAIL));
        assertThat(locate("v0.51.8", URI.create("http://10.0.0.1/x.jar"), null).checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.reachable", Verdict.FAIL));
        server.answer(status("404 Not Found"));
        assertThat(locate("v0.51.8", server.url("/x.jar"), null).checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.reachable", Verdict.FAIL));
        server.answer((request, out) -> RawServer.head(out, "200 OK", "Content-Length: 99999999"));
        assertThat(locate("v0.51.8", server.url("/x.jar"), null).checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.size", Verdict.FAIL));
    }

    @Test
    void aServerThatDoesNotKnowHeadIsNoFailure() throws Exception {
        server.answer(status("405 Method Not Allowed"));
        Found located = locate("v0.51.8", server.url("/x.jar"), null);
        assertThat(located.artifact().sizeBytes()).isNull();
        assertThat(located.checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.reachable", Verdict.WARN));
    }

    private record Found(StepOutput.Located artifact, List<Check> checks) {}

    private static Check hash(Found located) {
        return located.checks().stream()
                .filter(check -> check.name().equals("artifact.hash"))
                .findFirst()
                .orElseThrow();
    }

    private Found locate(String version, URI url, @Nullable String sha256, Artifact... known) throws Exception {
        return found(world.locate(Commands.locate(version, url, sha256).withKnown(List.of(known))));
    }

    private static Found found(StepOutcome outcome) {
        if (outcome instanceof StepOutcome.Succeeded succeeded
                && succeeded.output() instanceof StepOutput.ArtifactsLocated located) {
            return new Found(located.artifacts().getFirst(), located.checks());
        }
        throw new AssertionError("not located: " + outcome);
    }
}
