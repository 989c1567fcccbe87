/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.kill;

import dev.uplift.messaging.CrashPoints.Moment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A point that a test arms while the process runs: a file that holds {@code effect:BEFORE:n} or {@code effect:AFTER:n},
 * the n-th time, from 1, that the point is reached since the file is there. When it is reached, the file is renamed to
 * {@code <file>.fired}, which proves that it was and keeps it from happening again.
 */
final class ArmedPoint {
    private final Path armed;
    private final Path fired;
    private String counting = "";
    private int count;

    ArmedPoint(Path file) {
        this.armed = file;
        this.fired = file.resolveSibling(file.getFileName() + ".fired");
    }

    /** The file that proves that it was reached. */
    Path fired() {
        return fired;
    }

    /** Whether this is the armed point, which is armed no more then. */
    synchronized boolean fires(String effect, Moment moment) {
        String wanted = wanted();
        int colon = wanted.lastIndexOf(':');
        if (colon < 0 || !wanted.substring(0, colon).equals(effect + ":" + moment)) {
            return false;
        }
        count = wanted.equals(counting) ? count + 1 : 1;
        counting = wanted;
        return count == Integer.parseInt(wanted.substring(colon + 1)) && fire();
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
}
