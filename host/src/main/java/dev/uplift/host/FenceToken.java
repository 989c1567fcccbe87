/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepCommand;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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

    /** Tells who is behind a fence next, by who was there last. */
    @FunctionalInterface
    interface Admission<X extends Exception> {
        FenceToken next(Optional<FenceToken> last) throws X;
    }

    /** This one, unless a greater one or one of another installation was at the application in {@code directory}. */
    Admission<FencedException> at(Path directory) {
        return last -> {
            if (last.isPresent()) {
                last.get().admit(this, directory);
            }
            return this;
        };
    }

    /**
     * Whoever was last there of this installation; if nobody was, or one of {@code from}, one that is lower than any
     * command's.
     */
    static Admission<FencedException> claiming(UUID installationId, @Nullable UUID from, Path directory) {
        return last -> {
            if (last.isPresent() && last.get().installationId().equals(installationId)) {
                return last.get();
            }
            if (last.isPresent() && !last.get().installationId().equals(from)) {
                throw new FencedException(
                        directory + " belongs to installation " + last.get().installationId());
            }
            return new FenceToken(installationId, 0, 0, 0, 0);
        };
    }

    private void admit(FenceToken next, Path directory) throws FencedException {
        if (!installationId.equals(next.installationId())) {
            throw new FencedException(directory + " is registered as another installation now");
        }
        if (next.compareTo(this) < 0) {
            throw new FencedException(
                    "a newer command, of epoch " + epoch + ", has been here; this one is of epoch " + next.epoch());
        }
    }

    /** As it is kept in the fence's file: one line. */
    String line() {
        return installationId + " " + epoch + " " + position + " " + attempt + " " + delivery + "\n";
    }

    /**
     * What {@link #line} has made.
     *
     * @throws UnexpectedPathException if it is anything else
     */
    static FenceToken parse(String line, Path file) throws UnexpectedPathException {
        String[] parts = line.strip().split(" ", -1);
        try {
            if (parts.length == 5) {
                FenceToken token = new FenceToken(
                        UUID.fromString(parts[0]),
                        Long.parseLong(parts[1]),
                        Integer.parseInt(parts[2]),
                        Integer.parseInt(parts[3]),
                        Integer.parseInt(parts[4]));
                if (token.line().equals(line)) {
                    return token;
                }
            }
        } catch (IllegalArgumentException e) {
            UnexpectedPathException damaged = damaged(file);
            damaged.initCause(e);
            throw damaged;
        }
        throw damaged(file);
    }

    private static UnexpectedPathException damaged(Path file) {
        return new UnexpectedPathException(file + " is damaged; look at it before anything else");
    }
}
