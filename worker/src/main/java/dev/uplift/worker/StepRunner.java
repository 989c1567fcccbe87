package dev.uplift.worker;

import dev.uplift.contract.StepCommand;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps so that their begin, end and failure are in the log, and what can be expected to go wrong is an answer.
 *
 * @param failures what is answered
 */
public record StepRunner(StepFailures failures) {
    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);

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
        StepOutcome outcome = outcome(type, step);
        long tookMs = Duration.ofNanos(System.nanoTime() - begun).toMillis();
        switch (outcome) {
            case StepOutcome.Succeeded _ -> LOG.info("{} done: {} in {} ms", type, name, tookMs);
            case StepOutcome.Failed failed ->
                LOG.warn(
                        "{} failed: {} in {} ms: {}: {}",
                        type,
                        name,
                        tookMs,
                        failed.code().wireName(),
                        failed.detail());
        }
        return outcome;
    }

    private StepOutcome outcome(String type, Callable<StepOutcome> step) throws Exception {
        try {
            return step.call();
        } catch (Exception e) {
            StepFailure failure = failures.of(e);
            if (failure != e || e.getCause() != null) {
                LOG.warn("{} met a fault", type, e);
            }
            return failure.outcome();
        }
    }
}
