package dev.uplift.host;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepCommand;
import java.util.Comparator;
import java.util.UUID;

/**
 * Orders all who ever work on one installation: a later one is greater.
 *
 * <p>The epoch alone is not enough: within one epoch a run that was paused and taken over by another
 * (delivery), an attempt that was given up (attempt), or an earlier step (position) may still wake up.
 * Within one epoch a saga goes in one direction only, so positions rise: with the step's index on the
 * way forward, against it on the way back.
 *
 * @param position of the step in the order in which this epoch takes them
 */
public record FenceToken(UUID installationId, long epoch, int position, int attempt, int delivery)
        implements Comparable<FenceToken> {
    private static final Comparator<FenceToken> ORDER = Comparator.comparingLong(FenceToken::epoch)
            .thenComparingInt(FenceToken::position)
            .thenComparingInt(FenceToken::attempt)
            .thenComparingInt(FenceToken::delivery);

    /** The token of one run of a command; {@code delivery} counts the runs from 1. */
    public static FenceToken of(StepCommand command, int delivery) {
        int position =
                command.direction() == Direction.DO ? command.stepIndex() : Integer.MAX_VALUE - command.stepIndex();
        return new FenceToken(command.installation().id(), command.epoch(), position, command.attempt(), delivery);
    }

    /** Orders tokens of one installation. */
    @Override
    public int compareTo(FenceToken other) {
        return ORDER.compare(this, other);
    }
}
