/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Check;
import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Outage;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Upgrades of two steps, FETCH and START, as an orchestrator would tell of them. */
final class Upgrades {
    static final Instant BEGAN = Instant.parse("2026-03-01T10:00:00Z");

    static final String NEW_IMAGE = "d".repeat(64);

    private Upgrades() {}

    static UUID id(String installation) {
        return UUID.nameUUIDFromBytes(installation.getBytes(StandardCharsets.UTF_8));
    }

    /** Half of the artifact is there. */
    static UpgradeStatus fetching(String installation, long rev) {
        Progress half = Progress.of("fetching", Progress.Unit.BYTES, 200_000_000, 400_000_000);
        return status(
                installation,
                rev,
                State.RUNNING,
                StepName.FETCH,
                null,
                step(StepName.FETCH, StepState.RUNNING, half),
                step(StepName.START, StepState.PENDING, null));
    }

    static UpgradeStatus starting(String installation, long rev) {
        return status(
                installation,
                rev,
                State.RUNNING,
                StepName.START,
                null,
                step(StepName.FETCH, StepState.DONE, null),
                step(StepName.START, StepState.RUNNING, null));
    }

    static UpgradeStatus completed(String installation, long rev) {
        return status(
                installation,
                rev,
                State.COMPLETED,
                null,
                null,
                step(StepName.FETCH, StepState.DONE, null),
                step(StepName.START, StepState.DONE, null));
    }

    /** Completed, of a container that Docker Compose made, with the digest {@link #NEW_IMAGE}. */
    static UpgradeStatus composed(String installation, long rev, ComposedNode node) {
        String repository = "metabase/metabase";
        Artifact image = new Artifact(
                NEW_IMAGE,
                1_000,
                "v0.51.2",
                "oss",
                URI.create("docker://" + repository + "@sha256:" + NEW_IMAGE),
                false);
        return status(
                installation,
                rev,
                State.COMPLETED,
                null,
                null,
                done(
                        StepName.PREFLIGHT,
                        new StepOutput.NodesChecked(
                                new Release("v0.50.1", "oss", null, null), List.of(), List.of(node))),
                done(StepName.FETCH, new StepOutput.ArtifactsFetched(List.of(image))));
    }

    static UpgradeStatus rolledBack(String installation, long rev) {
        return status(
                installation,
                rev,
                State.ROLLED_BACK,
                null,
                new UpgradeStatus.Failure(StepName.START, Direction.DO, ErrorCode.EXITED, "it exited with 1"),
                step(StepName.FETCH, StepState.DONE, null),
                step(StepName.START, StepState.UNDONE, null));
    }

    /** Rolled back after it had served: down for 12 s, and 30 s later for 5 s. */
    static UpgradeStatus rolledBackAfterItServed(String installation, long rev) {
        UpgradeStatus once = rolledBack(installation, rev);
        Instant again = BEGAN.plusSeconds(52);
        return new UpgradeStatus(
                once.id(),
                once.installationId(),
                once.installation(),
                once.kind(),
                once.state(),
                once.rev(),
                once.epoch(),
                once.from(),
                once.to(),
                once.step(),
                once.steps(),
                null,
                once.backup(),
                once.outageBeganAt(),
                again.plusSeconds(5),
                once.startedAt(),
                once.updatedAt(),
                once.endedAt(),
                List.of(
                        new Outage(BEGAN.plusSeconds(10), BEGAN.plusSeconds(22)),
                        new Outage(again, again.plusSeconds(5))));
    }

    /** Rolled back, and without what the proof and the restore both told. */
    static UpgradeStatus rolledBackWithout(String installation, long rev, Check told) {
        return status(
                installation,
                rev,
                State.ROLLED_BACK,
                null,
                null,
                done(StepName.PREFLIGHT_DATABASE, new StepOutput.DatabaseChecked("15", 1, List.of(told))),
                done(StepName.BACKUP, new StepOutput.Restored("hash", true, List.of(told))));
    }

    static UpgradeStatus parked(String installation, long rev) {
        return parked(installation, rev, Direction.DO, ErrorCode.EXITED);
    }

    /** At START, which failed so. */
    static UpgradeStatus parked(String installation, long rev, Direction direction, ErrorCode code) {
        return status(
                installation,
                rev,
                State.PARKED,
                StepName.START,
                new UpgradeStatus.Failure(StepName.START, direction, code, "it exited with 1"),
                step(StepName.FETCH, StepState.DONE, null),
                step(StepName.START, StepState.FAILED, null));
    }

    private static StepStatus done(StepName name, StepOutput output) {
        return new StepStatus(name, StepState.DONE, 1, null, null, null, output);
    }

    private static StepStatus step(StepName name, StepState state, @Nullable Progress progress) {
        return new StepStatus(name, state, 1, progress, null, null, null);
    }

    private static UpgradeStatus status(
            String installation,
            long rev,
            State state,
            @Nullable StepName at,
            UpgradeStatus.@Nullable Failure failure,
            StepStatus... steps) {
        return new UpgradeStatus(
                id(installation),
                id("installation " + installation),
                installation,
                UpgradeStatus.Kind.UPGRADE,
                state,
                rev,
                1,
                new Release("v0.50.1", "oss", null, null),
                new Release("v0.51.2", "oss", null, null),
                at,
                List.of(steps),
                failure,
                null,
                state.isFinal() ? BEGAN.plusSeconds(10) : null,
                state.isFinal() ? BEGAN.plusSeconds(22) : null,
                BEGAN,
                BEGAN.plusSeconds(rev),
                state.isFinal() ? BEGAN.plusSeconds(60) : null,
                List.of());
    }
}
