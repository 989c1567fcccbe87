/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.incident;

import dev.uplift.contract.CommandRefused;
import dev.uplift.orchestrator.intake.ResultBatch;
import dev.uplift.orchestrator.intake.ResultHandler;
import jakarta.inject.Singleton;

/** Records every command that a worker could not take. */
@Singleton
final class RefusedCommands implements ResultHandler<CommandRefused> {
    private final IncidentRepository incidents;

    RefusedCommands(IncidentRepository incidents) {
        this.incidents = incidents;
    }

    @Override
    public Class<CommandRefused> type() {
        return CommandRefused.class;
    }

    @Override
    public void handle(ResultBatch<CommandRefused> batch) {
        batch.bodies().forEach(refused -> incidents.record(refused.source(), refused.problem()));
    }
}
