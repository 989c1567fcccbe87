package dev.uplift.messaging;

import java.util.ServiceLoader;

/**
 * Places where a test lets the process die. In production every call does nothing.
 *
 * <p>An effect on the outside world is surrounded by {@code before} and {@code after} of one name, such
 * as {@code swap.switch.link}; a crash test kills the process at each and expects the saga to end well.
 */
public interface CrashPoints {
    /** On which side of the effect. */
    enum Moment {
        BEFORE,
        AFTER
    }

    /** Never crashes. */
    static CrashPoints none() {
        return (effect, moment) -> {};
    }

    /** What a test has put on the class path of this process; in production there is nothing, and {@link #none} is it. */
    static CrashPoints find() {
        return ServiceLoader.load(CrashPoints.class).findFirst().orElseGet(CrashPoints::none);
    }

    /** The process is about to take, or has just taken, {@code effect}. */
    void reached(String effect, Moment moment);

    /** The effect is about to be taken. */
    default void before(String effect) {
        reached(effect, Moment.BEFORE);
    }

    /** The effect has been taken. */
    default void after(String effect) {
        reached(effect, Moment.AFTER);
    }
}
