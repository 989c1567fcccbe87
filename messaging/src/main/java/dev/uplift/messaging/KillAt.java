package dev.uplift.messaging;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills its own process with SIGKILL at one crash point, once: the marker file, on disk before the
 * kill, proves that it happened and keeps it from happening again.
 */
public final class KillAt implements CrashPoints {
    private static final Logger LOG = LoggerFactory.getLogger(KillAt.class);

    private final String effect;
    private final Moment moment;
    private final Path marker;

    private KillAt(String effect, Moment moment, Path marker) {
        this.effect = effect;
        this.moment = moment;
        this.marker = marker;
    }

    /**
     * The crash points that a test configured; {@link CrashPoints#NONE} if it did not.
     *
     * @param at {@code effect:BEFORE} or {@code effect:AFTER}; absent or blank: never
     * @param marker path of the marker file, needed with {@code at}
     * @throws IllegalArgumentException if {@code at} is something else, or there is no marker
     */
    public static CrashPoints configured(@Nullable String at, @Nullable String marker) {
        if (at == null || at.isBlank()) {
            return NONE;
        }
        int colon = at.lastIndexOf(':');
        if (colon < 1 || marker == null || marker.isBlank()) {
            throw new IllegalArgumentException(
                    "a crash point is 'effect:BEFORE' or 'effect:AFTER' and needs a marker file");
        }
        KillAt killAt = new KillAt(at.substring(0, colon), Moment.valueOf(at.substring(colon + 1)), Path.of(marker));
        LOG.warn("this process kills itself {} {}", killAt.moment, killAt.effect);
        return killAt;
    }

    @Override
    public void reached(String reachedEffect, Moment reachedMoment) {
        if (reachedMoment == moment && reachedEffect.equals(effect) && mark()) {
            kill();
        }
    }

    /** False if an earlier run was killed already. */
    private boolean mark() {
        try (FileChannel file = FileChannel.open(marker, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.force(true);
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("the marker of a crash point cannot be written", e);
        }
        try (FileChannel directory = FileChannel.open(marker.toAbsolutePath().resolveSibling("."))) {
            directory.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("the marker of a crash point cannot be written", e);
        }
        return true;
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
