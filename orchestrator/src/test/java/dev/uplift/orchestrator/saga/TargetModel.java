/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.REINSTATE;
import static dev.uplift.contract.StepName.START;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.orchestrator.saga.SagaEvent.Answer;
import dev.uplift.orchestrator.saga.SagaEvent.Failed;
import dev.uplift.orchestrator.saga.SagaEvent.Succeeded;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The application and the workers that work on it, as one value. A worker checks its fences and acts in
 * one go, because the target holds the fence during the effect; it may leave an effect behind and fail.
 * The undo of REINSTATE is that of BACKUP, which restores the data.
 *
 * @param done bit per step: its effect is there
 * @param undone bit per step: a worker has begun to take it back
 * @param dataChanged whether the data differ from the backup
 * @param epochs the highest epoch that each service has seen, 16 bits each
 */
record TargetModel(int done, int undone, boolean dataChanged, long epochs) {
    static final TargetModel UNTOUCHED = new TargetModel(0, 0, false, 0);

    /** Which of the two fences there are: per step, and per epoch. */
    record Fences(boolean perStep, boolean perEpoch) {
        static final Fences BOTH = new Fences(true, true);
    }

    /**
     * One of the things that may come of a command.
     *
     * @param broken absent if that is as it must be
     */
    record Outcome(
            TargetModel after, Answer answer, @Nullable Property broken) {}

    /** All that may come of a command. */
    List<Outcome> take(Command command, SagaPlan plan, Fences fences, boolean sagaEnded) {
        return switch (command.key().direction()) {
            case DO -> takeDo(command, plan, fences, sagaEnded);
            case UNDO -> takeUndo(command, plan, fences, sagaEnded);
        };
    }

    boolean everythingIsDone(SagaPlan plan) {
        return done == effects(plan, plan.steps().size());
    }

    boolean nothingIsLeft() {
        return done == 0 && !dataChanged;
    }

    private List<Outcome> takeDo(Command command, SagaPlan plan, Fences fences, boolean sagaEnded) {
        int index = command.key().step();
        if ((fences.perStep() && has(undone, index)) || (fences.perEpoch() && isLate(command))) {
            return List.of(fenced(command));
        }
        boolean changesData = command.step() == START || command.step() == REINSTATE;
        TargetModel seen = new TargetModel(done, undone, dataChanged, epochsWith(command));
        TargetModel acted = new TargetModel(
                leavesEffect(command.step()) ? done | 1 << index : done,
                undone,
                dataChanged || changesData,
                seen.epochs);
        Property broken = leavesEffect(command.step()) || changesData ? brokenByDo(command, plan, sagaEnded) : null;
        return List.of(
                new Outcome(acted, new Succeeded(command.key()), broken),
                new Outcome(acted, failed(command, ErrorCode.DATABASE_UNAVAILABLE, true), broken),
                new Outcome(acted, failed(command, ErrorCode.EXITED, false), broken),
                new Outcome(seen, failed(command, ErrorCode.EXITED, false), null),
                new Outcome(seen, failed(command, ErrorCode.INTERFERED, false), null));
    }

    private @Nullable Property brokenByDo(Command command, SagaPlan plan, boolean sagaEnded) {
        if (command.step() == COMMIT && undone != 0) {
            return Property.COMMIT_AND_UNDO_EXCLUDE_EACH_OTHER;
        }
        int undoneBy = command.step() == REINSTATE
                ? plan.steps().indexOf(BACKUP)
                : command.key().step();
        if ((undone & ((2 << undoneBy) - 1)) != 0) {
            return Property.NO_DO_TAKES_EFFECT_AFTER_ITS_UNDO;
        }
        if (sagaEnded) {
            return Property.NOTHING_TAKES_EFFECT_AFTER_THE_END;
        }
        int earlier = effects(plan, undoneBy);
        return (done & earlier) == earlier ? null : Property.STEPS_ARE_TAKEN_IN_ORDER_AND_TAKEN_BACK_IN_REVERSE;
    }

    private List<Outcome> takeUndo(Command command, SagaPlan plan, Fences fences, boolean sagaEnded) {
        if (fences.perEpoch() && isLate(command)) {
            return List.of(fenced(command));
        }
        int index = command.key().step();
        TargetModel seen = new TargetModel(done, undone | 1 << index, dataChanged, epochsWith(command));
        boolean restores = command.step() == BACKUP && command.pivotReached();
        TargetModel acted = new TargetModel(done & ~(1 << index), seen.undone, dataChanged && !restores, seen.epochs);
        Property broken = brokenByUndo(index, plan, sagaEnded);
        return List.of(
                new Outcome(acted, new Succeeded(command.key()), broken),
                new Outcome(acted, failed(command, ErrorCode.UNHEALTHY, true), broken),
                new Outcome(seen, failed(command, ErrorCode.DATABASE_UNAVAILABLE, true), null),
                new Outcome(seen, failed(command, ErrorCode.RESTORE_FAILED, false), null),
                new Outcome(seen, failed(command, ErrorCode.INTERFERED, false), null));
    }

    private @Nullable Property brokenByUndo(int index, SagaPlan plan, boolean sagaEnded) {
        if (has(done, plan.steps().indexOf(COMMIT))) {
            return Property.COMMIT_AND_UNDO_EXCLUDE_EACH_OTHER;
        }
        if (sagaEnded) {
            return Property.NOTHING_TAKES_EFFECT_AFTER_THE_END;
        }
        boolean earlierIsUndone = (undone & ((1 << index) - 1)) != 0;
        boolean laterIsDone = done >> (index + 1) != 0;
        boolean dataAreNotBackYet = dataChanged && index < plan.steps().indexOf(BACKUP);
        return earlierIsUndone || laterIsDone || dataAreNotBackYet
                ? Property.STEPS_ARE_TAKEN_IN_ORDER_AND_TAKEN_BACK_IN_REVERSE
                : null;
    }

    private Outcome fenced(Command command) {
        return new Outcome(this, failed(command, ErrorCode.FENCED, false), null);
    }

    private static Failed failed(Command command, ErrorCode code, boolean retryable) {
        return new Failed(command.key(), code, retryable, "as the model wants it");
    }

    private boolean isLate(Command command) {
        return command.epoch() < (epochs >> shift(command.step().service()) & 0xFFFF);
    }

    private long epochsWith(Command command) {
        int shift = shift(command.step().service());
        long highest = Math.max(command.epoch(), epochs >> shift & 0xFFFF);
        return (epochs & ~(0xFFFFL << shift)) | (highest << shift);
    }

    private static int shift(ServiceName service) {
        return switch (service) {
            case ARTIFACT -> 0;
            case BACKUP -> 16;
            case SWAP -> 32;
        };
    }

    private static int effects(SagaPlan plan, int before) {
        int effects = 0;
        for (int index = 0; index < before; index++) {
            effects |= leavesEffect(plan.step(index)) ? 1 << index : 0;
        }
        return effects;
    }

    private static boolean leavesEffect(StepName step) {
        return step.hasDo() && (step.hasUndo() || step == COMMIT);
    }

    private static boolean has(int bits, int index) {
        return index >= 0 && (bits & 1 << index) != 0;
    }
}
