/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.StepName;
import dev.uplift.orchestrator.saga.SagaPlan;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.StepKey;

/**
 * What a saga has of the outages that a site may have at a time. Only the first command to stop an application is ever
 * kept back: what is stopped already, and what goes back, never waits.
 */
enum Outage {
    /** The application serves, or is parked and left to a person. */
    NONE,
    /** STOP is its next command, which is kept back until another's outage ends. Nobody has seen it: it may be cancelled. */
    WAITING,
    /** From STOP until the application serves again. */
    TAKEN;

    /**
     * What it has in {@code next}.
     *
     * @param command whether a command is to be sent now
     */
    Outage in(SagaState next, boolean command) {
        return switch (next) {
            case SagaState.Doing doing when isFirstStop(doing) && (command || this == WAITING) -> WAITING;
            case SagaState.Doing doing -> ahead(doing.course().plan(), doing.command());
            case SagaState.WaitingToDo waiting -> ahead(waiting.course().plan(), waiting.command());
            case SagaState.Undoing undoing -> back(undoing.course().plan(), undoing.command());
            case SagaState.WaitingToUndo waiting -> back(waiting.course().plan(), waiting.command());
            case SagaState.Planned _, SagaState.Parked _, SagaState.Completed _, SagaState.RolledBack _ -> NONE;
        };
    }

    private static boolean isFirstStop(SagaState.Doing doing) {
        StepKey command = doing.command();
        return doing.course().plan().step(command.step()) == StepName.STOP && command.attempt() == 1;
    }

    private static Outage ahead(SagaPlan plan, StepKey command) {
        int serves = plan.steps().indexOf(StepName.SOAK);
        return isBehindStop(plan, command) && (serves < 0 || command.step() < serves) ? TAKEN : NONE;
    }

    private static Outage back(SagaPlan plan, StepKey command) {
        return isBehindStop(plan, command) ? TAKEN : NONE;
    }

    private static boolean isBehindStop(SagaPlan plan, StepKey command) {
        int stop = plan.steps().indexOf(StepName.STOP);
        return stop >= 0 && command.step() >= stop;
    }
}
