/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Where services that were started with {@link #options} of the same directory die or wait, and what they have done. A service
 * is the first word of an effect's name.
 */
record KillPoints(Path directory) {

    /** The options of a service whose crash points are armed in {@code directory}. */
    static String[] options(Path directory) {
        return new String[] {
            "-Duplift.crash-points=" + Program.jar(Product.root(), "messaging", ".*-kill-points"),
            "-Ddev.uplift.kill.directory=" + directory
        };
    }

    /**
     * Lets the service kill itself with SIGKILL at the next time it reaches that point. {@link #killed} tells
     * whether it did.
     *
     * @param at {@code effect:BEFORE:1} or {@code effect:AFTER:2}: the how manieth time, from 1
     */
    void arm(String service, String at) {
        delete(file(service + ".crash.fired"));
        write(file(service + ".crash"), at);
    }

    /** Whether the armed kill has happened; the positive control of a crash test. */
    boolean killed(String service) {
        return Files.exists(file(service + ".crash.fired"));
    }

    void disarm(String service) {
        delete(file(service + ".crash"));
    }

    /**
     * Lets the service wait at the next time it reaches that point, as {@link #arm}, until {@link #letGo}; for three
     * minutes at most.
     */
    void holdAt(String service, String at) {
        letGo(service);
        write(file(service + ".hold"), at);
    }

    /** Whether it waits there. */
    boolean isHeld(String service) {
        return Files.exists(file(service + ".hold.fired"));
    }

    /** Lets it go on, wherever it is; idempotent. */
    void letGo(String service) {
        delete(file(service + ".hold"));
        delete(file(service + ".hold.fired"));
    }

    /** All effects that the service has taken since {@link #forgetEffects}, each as often as it took it. */
    List<String> effects(String service) {
        try {
            return Files.exists(effectsFile(service)) ? Files.readAllLines(effectsFile(service)) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void forgetEffects(String service) {
        delete(effectsFile(service));
    }

    private Path effectsFile(String service) {
        return file(service + ".effects");
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private static void write(Path file, String text) {
        try {
            Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
            Files.writeString(temporary, text);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
