/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.orchestrator.saga.SagaLimits;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What bounds every saga. A value out of range stops the start-up. Durations are written {@code 60s} or {@code PT60S}. */
@ConfigMapping(prefix = "uplift.saga")
public interface SagaSettings {
    /** How often a step is tried before the saga turns back. Unit: attempts; default 3; range 1 to 100. */
    @WithDefault("3")
    int doAttemptsMax();

    /** How often taking a step back is tried before the saga is parked. Unit: attempts; default 5; range 1 to 100. */
    @WithDefault("5")
    int undoAttemptsMax();

    /** How often COMMIT is tried before the saga is parked. Unit: attempts; default 10; range 1 to 100. */
    @WithDefault("10")
    int commitAttemptsMax();

    /**
     * How long a command may wait for a worker. Unit: duration; default 15 min; range 1 s to 7 days. A
     * worker that is down, or busy with many other installations, has as long; then the step counts as
     * failed with an unknown outcome.
     */
    @WithDefault("15m")
    Duration pickUpWithin();

    /**
     * How long a worker that has begun may be silent; it gives a sign of life every 5 s. Unit: duration;
     * default 60 s; range 1 s to 1 day. Too short, and the restart of a worker turns upgrades back.
     */
    @WithDefault("60s")
    Duration silenceMax();

    /** The pause before the second attempt, doubled before each further one. Unit: duration; default 1 s; range 1 ms to 1 h. */
    @WithDefault("1s")
    Duration backOffFirst();

    /** The longest pause between attempts. Unit: duration; default 30 s; range: not below {@code back-off-first}, up to 1 day. */
    @WithDefault("30s")
    Duration backOffMax();

    /** A saga that makes more transitions goes round in circles and is parked. Unit: transitions; default 1000; range 50 to 100,000. */
    @WithDefault("1000")
    int transitionsMax();

    /**
     * How many applications of one site are down for upgrades and restores at a time; the others wait before STOP, and
     * serve. Unit: applications; default 4, as many as one backup-service backs up at a time; range 1 to 1000. More than
     * {@code uplift.backup.threads} of all backup-services of the site, and applications are down that nobody works at.
     * What is on its way back, or is retried when it is down, does not wait and may be more.
     */
    @WithDefault("4")
    int outagesMax();

    /** @throws IllegalArgumentException if it is out of range */
    default OutageLimit outages() {
        between(1, outagesMax(), 1_000, "outages-max");
        return new OutageLimit(outagesMax());
    }

    /** @throws IllegalArgumentException naming the first setting that is out of range */
    default SagaLimits limits() {
        between(1, doAttemptsMax(), 100, "do-attempts-max");
        between(1, undoAttemptsMax(), 100, "undo-attempts-max");
        between(1, commitAttemptsMax(), 100, "commit-attempts-max");
        between(50, transitionsMax(), 100_000, "transitions-max");
        between(Duration.ofSeconds(1), pickUpWithin(), Duration.ofDays(7), "pick-up-within");
        between(Duration.ofSeconds(1), silenceMax(), Duration.ofDays(1), "silence-max");
        between(Duration.ofMillis(1), backOffFirst(), Duration.ofHours(1), "back-off-first");
        between(backOffFirst(), backOffMax(), Duration.ofDays(1), "back-off-max");
        return new SagaLimits(
                doAttemptsMax(),
                undoAttemptsMax(),
                commitAttemptsMax(),
                pickUpWithin(),
                silenceMax(),
                backOffFirst(),
                backOffMax(),
                transitionsMax());
    }

    private static <T extends Comparable<T>> void between(T least, T value, T most, String name) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    "uplift.saga." + name + " is " + value + ", " + least + " to " + most + " is possible");
        }
    }
}
