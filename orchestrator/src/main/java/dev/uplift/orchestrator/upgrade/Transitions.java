/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.StepKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How a transition is told. */
final class Transitions {
    private Transitions() {}

    static UpgradeTransitioned of(SagaRow row, SagaRow next, SagaEvent event, Instant now) {
        StepName step = row.state().step().or(() -> next.state().step()).orElse(null);
        return new UpgradeTransitioned(
                row.id(),
                row.installationId(),
                row.installation(),
                next.rev(),
                name(event),
                next.state().status(),
                step,
                detail(event),
                now);
    }

    private static String name(SagaEvent event) {
        return switch (event) {
            case SagaEvent.Begin _ -> "begun";
            case SagaEvent.Succeeded succeeded -> doneOrUndone(succeeded.key(), "succeeded", "undone");
            case SagaEvent.Failed failed -> doneOrUndone(failed.key(), "failed", "undo-failed");
            case SagaEvent.Progressed _ -> "progressed";
            case SagaEvent.TimedOut due ->
                switch (due.timer().kind()) {
                    case SILENCE -> "timed-out";
                    case BACK_OFF -> "tried-again";
                };
            case SagaEvent.CancelRequested _ -> "cancel-requested";
            case SagaEvent.RetryRequested _ -> "retry-requested";
        };
    }

    private static String doneOrUndone(StepKey key, String done, String undone) {
        return key.direction() == Direction.DO ? done : undone;
    }

    private static @Nullable String detail(SagaEvent event) {
        return switch (event) {
            case SagaEvent.Failed failed -> failed.code().wireName() + ": " + failed.detail();
            case SagaEvent.CancelRequested cancel -> cancel.detail();
            case SagaEvent.TimedOut due ->
                switch (due.timer().kind()) {
                    case SILENCE -> "no sign of life from the worker";
                    case BACK_OFF -> null;
                };
            case SagaEvent.Begin _, SagaEvent.Succeeded _, SagaEvent.Progressed _, SagaEvent.RetryRequested _ -> null;
        };
    }
}
