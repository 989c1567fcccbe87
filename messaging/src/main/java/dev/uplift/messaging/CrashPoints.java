/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
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

    /**
     * Those of the JAR that a test names by the system property {@code uplift.crash-points}. In production nobody does, and
     * {@link #none} is it. An agent of the JVM, or another class path, would keep a service from starting as it always does.
     *
     * @throws IllegalArgumentException if the JAR has none
     */
    static CrashPoints find() {
        String jar = System.getProperty("uplift.crash-points");
        if (jar == null) {
            return none();
        }
        try {
            // For as long as the process lives.
            ClassLoader loader =
                    new URLClassLoader(new URL[] {Path.of(jar).toUri().toURL()}, CrashPoints.class.getClassLoader());
            return ServiceLoader.load(CrashPoints.class, loader)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no crash points in " + jar));
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("no JAR: " + jar, e);
        }
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
