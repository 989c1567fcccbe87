package dev.uplift.messaging;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a channel reads: its thread answers, and it does not stand still before records, such as one that cannot be
 * unpacked. A broker that is away does not count. Thread-safe.
 */
final class ChannelWatch {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Channels channels;
    private final String channel;
    private final LongSupplier nanos;
    private long taken;
    private @Nullable Long askedNanos;
    private @Nullable Long behindNanos;

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
        long now = nanos.getAsLong();
        if (askedNanos == null) {
            askedNanos = now;
            channels.askIfBehind(channel, this::answered);
        }
        if (isOver(askedNanos, now)) {
            return Optional.of("the thread that reads does not answer");
        }
        return isOver(behindNanos, now) ? Optional.of("there are records, and none is read") : Optional.empty();
    }

    private synchronized void answered(boolean behind) {
        askedNanos = null;
        if (!behind) {
            behindNanos = null;
        } else if (behindNanos == null) {
            behindNanos = nanos.getAsLong();
        }
    }

    private static boolean isOver(@Nullable Long since, long now) {
        return since != null && now - since > PATIENCE.toNanos();
    }
}
