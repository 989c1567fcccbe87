/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Launches of the tests: releases stamped once for this JVM, short waits. */
final class StandIns {
    static final Duration START = Duration.ofSeconds(60);
    static final String OLD = "v0.50.3";
    static final String NEW = "v0.51.2";

    private static final Map<String, StandInReleases.StandInRelease> STAMPED = new ConcurrentHashMap<>();
    private static final Path RELEASES = temporary();

    private StandIns() {}

    private static Path temporary() {
        try {
            Path folder = Files.createTempDirectory("standin-releases");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static StandInReleases.StandInRelease release(String tag) {
        return STAMPED.computeIfAbsent(tag, each -> StandInReleases.stamp(RELEASES, each));
    }

    static StandInServer.Launch h2(Path directory, String tag) {
        return StandInServer.in(directory)
                .release(release(tag))
                .javaOption("-XX:TieredStopAtLevel=1")
                .javaOption("-XX:+UseSerialGC")
                .env("STANDIN_LOCK_WAIT", "50ms")
                .env("STANDIN_SHUTDOWN_WAIT", "300ms");
    }

    static StandInServer.Launch postgres(Path directory, String tag, String database) {
        return Databases.on(h2(directory, tag), database);
    }

    static StandInServer.Launch on(String kind, Path directory, String tag) {
        return kind.equals("h2") ? h2(directory, tag) : postgres(directory, tag, Databases.create());
    }

    static StandInLedger ledger(Path directory) {
        return StandInLedger.read(directory.resolve("ledger.jsonl"));
    }

    static void addRow(StandInServer server, int number) {
        int status = server.post("/api/rows", "{\"writer\":\"w\",\"number\":" + number + "}")
                .orElseThrow()
                .status();
        if (status != 201) {
            throw new IllegalStateException("row " + number + ": " + status);
        }
    }
}
