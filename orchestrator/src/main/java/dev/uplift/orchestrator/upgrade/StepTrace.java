/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Direction;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepOutput;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one step, to be shown. Stored as JSON: fields may only be added, as optional ones.
 *
 * @param attempt of the latest command; 0 until there is one
 * @param progressAt when the worker sent {@code progress}; an older one does not replace it
 * @param doBeganAt when the first DO was sent
 * @param undoBeganAt when the first UNDO was sent
 */
record StepTrace(
        int attempt,
        @Nullable Progress progress,
        @Nullable Instant progressAt,
        @Nullable Instant doBeganAt,
        @Nullable Long doMillis,
        @Nullable Instant undoBeganAt,
        @Nullable Long undoMillis,
        @Nullable StepOutput output) {
    static final StepTrace PENDING = new StepTrace(0, null, null, null, null, null, null, null);

    /** What an earlier command reported is not progress of this one. */
    StepTrace began(Direction direction, int newAttempt, Instant at) {
        return switch (direction) {
            case DO ->
                new StepTrace(
                        newAttempt,
                        null,
                        null,
                        doBeganAt == null ? at : doBeganAt,
                        null,
                        undoBeganAt,
                        undoMillis,
                        output);
            case UNDO ->
                new StepTrace(
                        newAttempt,
                        null,
                        null,
                        doBeganAt,
                        doMillis,
                        undoBeganAt == null ? at : undoBeganAt,
                        null,
                        output);
        };
    }

    StepTrace ended(Direction direction, Instant at) {
        return switch (direction) {
            case DO ->
                new StepTrace(
                        attempt,
                        progress,
                        progressAt,
                        doBeganAt,
                        millis(doBeganAt, at),
                        undoBeganAt,
                        undoMillis,
                        output);
            case UNDO ->
                new StepTrace(
                        attempt,
                        progress,
                        progressAt,
                        doBeganAt,
                        doMillis,
                        undoBeganAt,
                        millis(undoBeganAt, at),
                        output);
        };
    }

    StepTrace progressed(Progress newProgress, Instant at) {
        return progressAt != null && progressAt.isAfter(at)
                ? this
                : new StepTrace(attempt, newProgress, at, doBeganAt, doMillis, undoBeganAt, undoMillis, output);
    }

    StepTrace found(StepOutput newOutput) {
        return new StepTrace(attempt, progress, progressAt, doBeganAt, doMillis, undoBeganAt, undoMillis, newOutput);
    }

    private static @Nullable Long millis(@Nullable Instant from, Instant to) {
        return from == null ? null : Math.max(0, Duration.between(from, to).toMillis());
    }
}
