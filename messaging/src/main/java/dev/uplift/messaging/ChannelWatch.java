/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a channel reads: its thread answers, it is a member of its group, and it does not stand still before records, such
 * as one that cannot be unpacked. A broker that is away does not count. Thread-safe.
 */
final class ChannelWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ChannelWatch.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** A broker that is there answers each fetch within half a second, and each heartbeat. */
    private static final Duration HEARD = Duration.ofSeconds(30);

    private final Channels channels;
    private final String channel;
    private final LongSupplier nanos;
    private long taken;
    private double bytes = -1;
    private @Nullable Long heardNanos;
    private @Nullable Long silentNanos;
    private @Nullable Long askedNanos;
    private @Nullable Long behindNanos;
    private @Nullable Long strayNanos;
    private boolean told;

    ChannelWatch(Channels channels, String channel, LongSupplier nanos) {
        this.channels = channels;
        this.channel = channel;
        this.nanos = nanos;
    }

    /**
     * What is wrong with it; empty: nothing, as far as is known. Asks anew with each call.
     *
     * @param takenCount how many batches were taken from it
     * @param busy whether one is being taken
     */
    synchronized Optional<String> problem(long takenCount, boolean busy) {
        if (busy || takenCount != taken) {
            taken = takenCount;
            behindNanos = null;
        }
        if (askedNanos == null) {
            askedNanos = nanos.getAsLong();
            channels.ask(channel, this::answered);
        }
        Optional<String> problem = problem();
        if (problem.isPresent() && !told) {
            LOG.warn("channel {}: {}", channel, problem.get());
        }
        told = problem.isPresent();
        return problem;
    }

    /** That the broker is away, as far as is known; empty: it is not. */
    synchronized Optional<String> silence() {
        return isOver(silentNanos, HEARD) ? Optional.of("nothing is heard of Kafka") : Optional.empty();
    }

    private Optional<String> problem() {
        if (isOver(askedNanos, PATIENCE)) {
            return Optional.of("the thread that reads does not answer");
        }
        if (heardNanos == null || isOver(heardNanos, HEARD)) {
            return Optional.empty();
        }
        // After an outage of the broker it takes some seconds.
        if (isOver(strayNanos, HEARD)) {
            return Optional.of("it is no member of its group any more; is there another process with the same"
                    + " uplift.instance? Restart it, under another name if so");
        }
        return isOver(behindNanos, PATIENCE) ? Optional.of("there are records, and none is read") : Optional.empty();
    }

    private synchronized void answered(Channels.@Nullable Reading reading) {
        askedNanos = null;
        if (reading == null) {
            return;
        }
        long now = nanos.getAsLong();
        silentNanos = since(reading.bytes() == bytes, silentNanos, now);
        if (silentNanos == null) {
            bytes = reading.bytes();
            heardNanos = now;
        }
        boolean heard = heardNanos != null && !isOver(heardNanos, HEARD);
        strayNanos = since(heard && reading.heartbeatSeconds() > PATIENCE.toSeconds(), strayNanos, now);
        behindNanos = since(heard && reading.behind(), behindNanos, now);
    }

    private static @Nullable Long since(boolean holds, @Nullable Long before, long now) {
        if (!holds) {
            return null;
        }
        return before == null ? Long.valueOf(now) : before;
    }

    private boolean isOver(@Nullable Long since, Duration patience) {
        return since != null && nanos.getAsLong() - since > patience.toNanos();
    }
}
