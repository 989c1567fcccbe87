/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.StepCommand;
import dev.uplift.messaging.OneLine;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps so that their begin, end and failure are in the log, once each, and what can be expected to go wrong is an
 * answer.
 *
 * @param failures what is answered
 */
public record StepRunner(StepFailures failures) {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);

    /** @param fault what went wrong, if the outcome does not say all of it */
    private record Ended(StepOutcome outcome, @Nullable Exception fault) {}

    /**
     * Runs one.
     *
     * @throws Exception a cancellation, an interruption, or a defect
     */
    public StepOutcome run(StepCommand command, StepRun run, Callable<StepOutcome> step) throws Exception {
        String type = command.step().commandType(command.direction());
        String name = command.installation().name();
        long begun = System.nanoTime();
        LOG.info(
                "{} begins: {} epoch {} attempt {} delivery {}",
                type,
                name,
                command.epoch(),
                command.attempt(),
                run.delivery());
        Ended ended = end(step);
        long tookMs = Duration.ofNanos(System.nanoTime() - begun).toMillis();
        switch (ended.outcome()) {
            case StepOutcome.Succeeded _ -> LOG.info("{} done: {} in {} ms", type, name, tookMs);
            case StepOutcome.Failed failed ->
                LOG.warn(
                        "{} failed: {} of saga {} in {} ms: {}: {}",
                        type,
                        name,
                        command.sagaId(),
                        tookMs,
                        failed.code().wireName(),
                        OneLine.of(failed.detail()),
                        ended.fault());
        }
        return ended.outcome();
    }

    private Ended end(Callable<StepOutcome> step) throws Exception {
        try {
            return new Ended(step.call(), null);
        } catch (Exception e) {
            StepFailure failure = failures.of(e);
            return new Ended(failure.outcome(), failure == e && e.getCause() == null ? null : e);
        }
    }
}
