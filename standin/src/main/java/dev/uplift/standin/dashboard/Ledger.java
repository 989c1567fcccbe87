/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The start/stop ledger, one JSON object a line: {@code at, pid, version, event, database, detail}.
 * Events: {@code start} (about to touch the database), {@code found} (the rows that were there then, see
 * {@link RowsFingerprint}), {@code migrated}, {@code serving}, {@code stop},
 * {@code command}, {@code failed}, {@code fault} (one fired), {@code locked-out} (H2: another process has
 * the file), {@code violation} (another version is on the same database). Each line is one append and is
 * fsynced, so several processes may share the file. Without a path nothing is written.
 */
final class Ledger {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Optional<Path> file;
    private final String version;
    private volatile String database = "";

    Ledger(Optional<Path> file, String version) {
        this.file = file;
        this.version = version;
    }

    /** Names the database in later lines; never with a password. */
    void database(String name) {
        database = name;
    }

    synchronized void append(String event, String detail) {
        if (file.isEmpty()) {
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("at", Instant.now().toString());
        line.put("pid", ProcessHandle.current().pid());
        line.put("version", version);
        line.put("event", event);
        line.put("database", database);
        line.put("detail", detail);
        try (FileChannel channel = FileChannel.open(
                file.get(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("the ledger cannot be written", e);
        }
    }
}
