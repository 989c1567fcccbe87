/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.ReleaseEntry;
import dev.uplift.orchestrator.ScriptedWorker.Reply;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a version is: what upgrades to it were completed with, until somebody takes that back. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class ReleaseTest {
    private final ScriptedWorker worker = ScriptedWorker.shared();

    @Test
    void contentThatDidNotStartIsNotWhatAVersionIs() {
        completes("rel-broken", "v0.52.1", "1", false, StepName.START);
        completes("rel-soaked", "v0.52.1", "2", true, StepName.SOAK);

        completes("rel-next", "v0.52.1", "3", false, null);

        assertThat(known("rel-next")).isEmpty();
    }

    @Test
    void laterUpgradesAreToldWhatOneWasCompletedWithHoweverTheVersionIsSpelt() {
        completes("rel-first", "v0.52.2", "1", false, null);
        completes("rel-second", "0.52.2.0", "1", false, StepName.SOAK);

        assertThat(known("rel-first")).isEmpty();
        assertThat(known("rel-second"))
                .extracting(Artifact::sha256, Artifact::pinned)
                .containsExactly(Tuple.tuple(sha256("1"), false));
        completes("rel-third", "v0.52.3", "1", false, StepName.SOAK);
        assertThat(known("rel-third")).isEmpty();
    }

    @Test
    void whatWasPinnedTakesThePlaceOfWhatWasNot() {
        completes("rel-unpinned", "v0.52.4", "1", false, null);
        completes("rel-pinned", "v0.52.4", "2", true, null);

        completes("rel-after", "v0.52.4", "2", true, StepName.SOAK);

        assertThat(known("rel-after"))
                .extracting(Artifact::sha256, Artifact::pinned)
                .containsExactly(Tuple.tuple(sha256("2"), true));
    }

    @Test
    void aHashIsForgottenBySomebodyForAReasonThatIsKeptAndShown() throws Exception {
        completes("rel-wrong", "v0.52.5", "5", true, null);

        Response answer = Fleet.post(
                "/api/v1/releases/" + sha256("5") + "/forget", Map.of("by", "ann", "reason", "a wrong build"));

        assertThat(answer.statusCode()).isEqualTo(200);
        completes("rel-right", "v0.52.5", "6", true, null);
        assertThat(known("rel-right")).isEmpty();
        assertThat(releases("v0.52.5"))
                .extracting(
                        entry -> entry.artifact().sha256(),
                        ReleaseEntry::installation,
                        entry -> entry.forgotten() == null
                                ? ""
                                : entry.forgotten().by() + ": "
                                        + entry.forgotten().reason())
                .containsExactly(
                        Tuple.tuple(sha256("6"), "rel-right", ""),
                        Tuple.tuple(sha256("5"), "rel-wrong", "ann: a wrong build"));
        assertThat(Fleet.code(Fleet.post(
                        "/api/v1/releases/" + sha256("5") + "/forget", Map.of("by", "ann", "reason", "twice"))))
                .isEqualTo("release.unknown");
        assertThat(Fleet.post("/api/v1/releases/" + sha256("6") + "/forget", Map.of("by", "ann"))
                        .statusCode())
                .isEqualTo(400);
    }

    /** Upgrades a new installation, whose FETCH brings this; {@code fails}: at that step, absent: it is completed. */
    private void completes(String name, String version, String digit, boolean pinned, @Nullable StepName fails) {
        Fleet.ready(name);
        worker.script(
                name,
                command -> command.direction() == Direction.UNDO
                        ? new Reply.Success()
                        : command.step() == fails
                                ? new Reply.Failure(ErrorCode.EXITED, false)
                                : command.step() == StepName.FETCH
                                        ? new Reply.Found(fetched(command, digit, pinned))
                                        : new Reply.Success());
        Fleet.await(
                Fleet.accepted(Fleet.post(
                        "/api/v1/upgrades", Map.of("installations", new String[] {name}, "version", version))),
                fails == null ? UpgradeStatus.State.COMPLETED : UpgradeStatus.State.ROLLED_BACK);
    }

    private List<Artifact> known(String name) {
        return worker.await(name, StepName.FETCH).known();
    }

    private static StepOutput fetched(StepCommand command, String digit, boolean pinned) {
        return new StepOutput.ArtifactsFetched(List.of(new Artifact(
                sha256(digit), 100, command.to().version(), "oss", URI.create("http://127.0.0.1/a/x"), pinned)));
    }

    private static List<ReleaseEntry> releases(String q) throws Exception {
        return Json.mapper()
                .readValue(Fleet.get("/api/v1/releases?q=" + q).asString(), new TypeReference<Page<ReleaseEntry>>() {})
                .content();
    }

    private static String sha256(String digit) {
        return digit.repeat(64);
    }
}
