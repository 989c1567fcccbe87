package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.RawServer.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.contract.Check;
import dev.uplift.contract.Check.Verdict;
import dev.uplift.contract.StepOutput.ArtifactLocated;
import dev.uplift.messaging.worker.StepOutcome;
import java.net.URI;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A dry run says what a fetch would find, and changes nothing. */
final class LocateArtifactTest extends ServedArtifact {

    @Test
    void theServerIsAskedByHeadAndNothingIsFetched() throws Exception {
        ArtifactLocated located = locate("v0.51.8", server.url("/metabase.jar?token=secret"), SHA256);

        assertThat(located.sizeBytes()).isEqualTo(JAR.length);
        assertThat(located.inStore()).isFalse();
        assertThat(located.url()).isEqualTo(server.url("/metabase.jar") + "?...");
        assertThat(located.checks()).extracting(Check::verdict).containsOnly(Verdict.OK);
        assertThat(server.requests()).extracting(RawServer.Request::method).containsExactly("HEAD");
        assertThat(world.files()).isEmpty();
    }

    @Test
    void whatIsInTheStoreIsNotAskedFor() throws Exception {
        artifact(world.fetch(command(null)));

        ArtifactLocated located = locate("v0.51.8", server.url("/metabase.jar"), null);

        assertThat(located.inStore()).isTrue();
        assertThat(located.sizeBytes()).isEqualTo(JAR.length);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aMissingPinIsToldAndDoesNotStopAnything() throws Exception {
        assertThat(locate("v0.51.8", server.url("/metabase.jar"), null).checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.hash", Verdict.WARN));
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
        ArtifactLocated located = locate("v0.51.8", server.url("/x.jar"), null);
        assertThat(located.sizeBytes()).isNull();
        assertThat(located.checks())
                .extracting(Check::name, Check::verdict)
                .contains(Tuple.tuple("artifact.reachable", Verdict.WARN));
    }

    private ArtifactLocated locate(String version, URI url, @Nullable String sha256) throws Exception {
        StepOutcome outcome = world.locate(Commands.locate(version, url, sha256));
        if (outcome instanceof StepOutcome.Succeeded succeeded
                && succeeded.output() instanceof ArtifactLocated located) {
            return located;
        }
        throw new AssertionError("not located: " + outcome);
    }
}
