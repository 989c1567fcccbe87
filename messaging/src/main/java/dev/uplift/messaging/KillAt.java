package dev.uplift.messaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills its own process with SIGKILL at a crash point that a test arms while it runs.
 *
 * <p>The file {@code <directory>/<service>.crash} holds {@code effect:BEFORE:n} or {@code effect:AFTER:n}: the n-th
 * time, from 1, that the point is reached since the file is there. Right before the kill the file is renamed to
 * {@code <service>.crash.fired}, which proves that it happened and keeps it from happening again.
 *
 * <p>Every effect that was taken is a line in {@code <service>.effects}: a test sees that none was taken twice.
 */
public final class KillAt implements CrashPoints {
    private static final Logger LOG = LoggerFactory.getLogger(KillAt.class);

    private final Path armed;
    private final Path fired;
    private final Path effects;
    private String counting = "";
    private int count;

    private KillAt(Path directory, String service) {
        this.armed = directory.resolve(service + ".crash");
        this.fired = directory.resolve(service + ".crash.fired");
        this.effects = directory.resolve(service + ".effects");
    }

    /** The crash points of a test; {@link CrashPoints#NONE} without a directory, as in production. */
    public static CrashPoints armedIn(Optional<Path> directory, String service) {
        if (directory.isEmpty()) {
            return NONE;
        }
        LOG.warn("this process kills itself when a test arms it in {}", directory.get());
        return new KillAt(directory.get(), service);
    }

    @Override
    public synchronized void reached(String effect, Moment moment) {
        if (moment == Moment.AFTER) {
            note(effect);
        }
        String wanted = wanted();
        int colon = wanted.lastIndexOf(':');
        if (colon < 0 || !wanted.substring(0, colon).equals(effect + ":" + moment)) {
            return;
        }
        count = wanted.equals(counting) ? count + 1 : 1;
        counting = wanted;
        if (count == Integer.parseInt(wanted.substring(colon + 1)) && fire()) {
            kill();
        }
    }

    private void note(String effect) {
        try {
            Files.writeString(effects, effect + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String wanted() {
        try {
            return Files.readString(armed).trim();
        } catch (NoSuchFileException e) {
            counting = "";
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean fire() {
        try {
            Files.move(armed, fired, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void kill() {
        try {
            new ProcessBuilder(
                            "kill", "-9", Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            LOG.error("no kill on this machine", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(137);
    }
}
