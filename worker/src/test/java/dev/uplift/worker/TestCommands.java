/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Message;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Commands of one saga. */
record TestCommands(UUID saga, UUID installation) {
    private static final List<StepName> PLAN = List.of(StepName.PREFLIGHT, StepName.STOP, StepName.SOAK);

    static TestCommands newSaga() {
        return new TestCommands(UUID.randomUUID(), UUID.randomUUID());
    }

    Message stop(int attempt, long epoch) {
        return message(StepName.STOP, Direction.DO, attempt, epoch);
    }

    Message resume(int attempt, long epoch) {
        return message(StepName.STOP, Direction.UNDO, attempt, epoch);
    }

    Message message(StepName step, Direction direction, int attempt, long epoch) {
        StepCommand command = command(step, direction, attempt, epoch);
        return message(command.commandId(), command);
    }

    Message message(UUID id, StepCommand command) {
        return new Message(
                id,
                command.step().commandType(command.direction()),
                URI.create("/uplift/orchestrator"),
                installation.toString(),
                Instant.now(),
                null,
                command);
    }

    StepCommand command(StepName step, Direction direction, int attempt, long epoch) {
        return new StepCommand(
                saga,
                PLAN.indexOf(step),
                step,
                direction,
                attempt,
                epoch,
                false,
                false,
                new InstallationSpec(
                        installation,
                        "metrics",
                        "metabase",
                        "default",
                        List.of(new NodeSpec.JarProcess(
                                "node-1",
                                NodeSpec.LOCAL,
                                "/srv/metrics",
                                "metabase.jar",
                                URI.create("http://127.0.0.1:3000"))),
                        new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/metrics/metabase.db.mv.db", null, null)),
                new Release("v0.50.1", null, null, null),
                new Release("v0.51.2", null, null, null),
                List.of(),
                null,
                null,
                null,
                StepLimits.DEFAULT);
    }
}
