/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a worker answers to a {@link StepCommand}. Saga, stepIndex, direction and attempt are the command's own. */
public sealed interface StepResult {
    UUID sagaId();

    UUID installationId();

    int stepIndex();

    Direction direction();

    int attempt();

    /** The step's promise holds. */
    record Succeeded(
            UUID sagaId, UUID installationId, int stepIndex, Direction direction, int attempt, StepOutput output)
            implements StepResult {
        public Succeeded {
            requireCorrelation(sagaId, installationId, stepIndex, direction, attempt);
            Checks.present(output, "output");
        }

        /** The same with another output. */
        public Succeeded withOutput(StepOutput other) {
            return new Succeeded(sagaId, installationId, stepIndex, direction, attempt, other);
        }

        /** What is told instead, where the promise does not hold after all and trying again would not help. */
        public Failed refused(ErrorCode code, String detail) {
            return new Failed(sagaId, installationId, stepIndex, direction, attempt, code, false, detail);
        }
    }

    /**
     * The step's promise does not hold; what it did of it may be left behind.
     *
     * @param retryable whether the same command may succeed later without anybody's help
     * @param detail one line for a person: what was seen, and what to do
     */
    record Failed(
            UUID sagaId,
            UUID installationId,
            int stepIndex,
            Direction direction,
            int attempt,
            ErrorCode code,
            boolean retryable,
            String detail)
            implements StepResult {
        public Failed {
            requireCorrelation(sagaId, installationId, stepIndex, direction, attempt);
            Checks.present(code, "code");
            Checks.text(detail, "detail");
        }
    }

    /** The step is still at work. */
    record Progressed(
            UUID sagaId, UUID installationId, int stepIndex, Direction direction, int attempt, Progress progress)
            implements StepResult {
        public Progressed {
            requireCorrelation(sagaId, installationId, stepIndex, direction, attempt);
            Checks.present(progress, "progress");
        }
    }

    private static void requireCorrelation(
            @Nullable UUID sagaId,
            @Nullable UUID installationId,
            int stepIndex,
            @Nullable Direction direction,
            int attempt) {
        Checks.present(sagaId, "sagaId");
        Checks.present(installationId, "installationId");
        Checks.atLeast(0, stepIndex, "stepIndex");
        Checks.present(direction, "direction");
        Checks.atLeast(1, attempt, "attempt");
    }
}
