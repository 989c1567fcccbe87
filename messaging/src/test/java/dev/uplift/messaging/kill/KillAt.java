/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.kill;

import dev.uplift.messaging.CrashPoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Kills its own process with SIGKILL at the {@linkplain ArmedPoint point} that a test arms in
 * {@code <directory>/<service>.crash}, and waits at the one in {@code <service>.hold}, for at most some minutes, until
 * the test deletes {@code <service>.hold.fired}: it has struck what the service works on meanwhile. The service is the first
 * word of an effect's name.
 *
 * <p>Every effect that was taken is a line in {@code <service>.effects}: a test sees that none was taken twice.
 */
public final class KillAt implements CrashPoints {
    /** The system property that names the directory; without it nothing happens. */
    static final String DIRECTORY = "dev.uplift.kill.directory";

    private static final Duration HOLD_MAX = Duration.ofMinutes(3);
    private static final Duration HOLD_POLL = Duration.ofMillis(20);

    private final @Nullable String directory = System.getProperty(DIRECTORY);
    private final Map<String, Points> services = new ConcurrentHashMap<>();

    @Override
    public void reached(String effect, Moment moment) {
        if (directory != null) {
            services.computeIfAbsent(
                            effect.substring(0, effect.indexOf('.')), service -> Points.in(Path.of(directory), service))
                    .reached(effect, moment);
        }
    }

    private record Points(ArmedPoint crash, ArmedPoint hold, Path effects) {
        static Points in(Path directory, String service) {
            return new Points(
                    new ArmedPoint(directory.resolve(service + ".crash")),
                    new ArmedPoint(directory.resolve(service + ".hold")),
                    directory.resolve(service + ".effects"));
        }

        void reached(String effect, Moment moment) {
            if (moment == Moment.AFTER) {
                note(effect);
            }
            if (crash.fires(effect, moment)) {
                kill();
            }
            if (hold.fires(effect, moment)) {
                awaitRelease();
            }
        }

        private synchronized void note(String effect) {
            try {
                Files.writeString(effects, effect + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void awaitRelease() {
            long begun = System.nanoTime();
            try {
                while (Files.exists(hold.fired()) && System.nanoTime() - begun < HOLD_MAX.toNanos()) {
                    // The test is another process: what it does to the file can only be looked for.
                    Thread.sleep(HOLD_POLL);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void kill() {
        try {
            int _ = new ProcessBuilder(
                            "kill", "-9", Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            System.err.println("no kill on this machine: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(137);
    }
}
