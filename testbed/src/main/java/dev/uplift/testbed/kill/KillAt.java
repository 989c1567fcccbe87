package dev.uplift.testbed.kill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Kills its own process with SIGKILL at the {@linkplain ArmedPoint point} that a test arms in
 * {@code <directory>/<service>.crash}, and waits at the one in {@code <service>.hold}, for at most some minutes, until
 * the test deletes {@code <service>.hold.fired}: it has struck what the service works on meanwhile. The service is the first
 * word of an effect's name.
 *
 * <p>Every effect that was taken is a line in {@code <service>.effects}: a test sees that none was taken twice.
 */
public final class KillAt {
    /** The system property that names the directory. */
    static final String DIRECTORY = "dev.uplift.kill.directory";

    private static final Map<String, KillAt> SERVICES = new ConcurrentHashMap<>();
    private static final Duration HOLD_MAX = Duration.ofMinutes(3);
    private static final Duration HOLD_POLL = Duration.ofMillis(20);

    private final ArmedPoint crash;
    private final ArmedPoint hold;
    private final Path effects;

    private KillAt(Path directory, String service) {
        this.crash = new ArmedPoint(directory.resolve(service + ".crash"));
        this.hold = new ArmedPoint(directory.resolve(service + ".hold"));
        this.effects = directory.resolve(service + ".effects");
    }

    /**
     * The process is about to take, or has just taken, an effect.
     *
     * @param moment {@code BEFORE} or {@code AFTER}
     */
    public static void reached(String effect, String moment) {
        SERVICES.computeIfAbsent(
                        effect.substring(0, effect.indexOf('.')),
                        service -> new KillAt(Path.of(System.getProperty(DIRECTORY)), service))
                .at(effect, moment);
    }

    private void at(String effect, String moment) {
        if (moment.equals("AFTER")) {
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
