/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.database.Program;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.host.DurableFiles;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.postgresql.PGConnection;

/**
 * What a backup's directory holds of a PostgreSQL database: {@code data/} (an archive of {@code pg_dump}
 * in its directory format), {@code content.txt} (a hash for each table, sequence, large object and the
 * schema) and {@code database.json} (what belongs to the database as a whole).
 */
final class PostgresArchive {
    private static final long POLL_MS = 250;

    private static final String CONTENT = "content.txt";

    private final Path beside;
    private final Path data;
    private final Path content;
    private final Path form;
    private final PostgresServer server;
    private final int jobs;

    /** @param jobs parallel ones of {@code pg_dump} and {@code pg_restore} */
    PostgresArchive(Path directory, PostgresServer server, int jobs) {
        this.beside = directory.resolveSibling(".");
        this.data = directory.resolve("data");
        this.content = directory.resolve(CONTENT);
        this.form = directory.resolve("database.json");
        this.server = server;
        this.jobs = jobs;
    }

    /**
     * Writes a database, and reads it at the same time in the same snapshot.
     *
     * @param connection to it, in no transaction
     * @return what it holds
     */
    PostgresContent write(Connection connection, PostgresTools tools, String database, BackupWork work)
            throws Exception {
        long sizeBytes = PostgresServer.sizeBytes(connection, database);
        DatabaseForm written = DatabaseForm.of(connection, PostgresServer.major(connection), database);
        PostgresContent.begin(connection);
        String snapshot = PostgresServer.exportSnapshot(connection);
        return work.effects().call(BackupEffect.DUMP, () -> {
            PostgresContent read = dumpAndRead(connection, tools, database, snapshot, sizeBytes, work);
            DurableFiles.write(content, read.text().getBytes(StandardCharsets.UTF_8), DurableFiles.OWNER_ONLY);
            DurableFiles.write(form, Json.mapper().writeValueAsBytes(written), DurableFiles.OWNER_ONLY);
            return read;
        });
    }

    /** The form that the database had. */
    DatabaseForm form() throws IOException {
        return Json.mapper().readValue(Files.readAllBytes(form), DatabaseForm.class);
    }

    /** The content that was written down, or what has become of it: that is told when the files are verified. */
    static List<String> unverifiedContent(StoredBackup backup) throws IOException {
        try (InputStream in = backup.open(CONTENT)) {
            return lines(in.readAllBytes());
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** The content that was written down, if it is what was written. */
    static List<String> content(ApplicationDatabase.Written backup) throws IOException {
        return lines(backup.read(CONTENT));
    }

    private static List<String> lines(byte[] content) {
        return new String(content, StandardCharsets.UTF_8).lines().toList();
    }

    /**
     * Restores into an empty database, and compares.
     *
     * @param code of the failure if it cannot be restored or differs
     * @param maintenance a connection to another database of the server
     * @return what of its decorations the server refused
     */
    List<Refusal> load(
            ErrorCode code,
            String activity,
            Connection maintenance,
            PostgresTools tools,
            Manifest manifest,
            String target,
            BackupWork work)
            throws Exception {
        Long sizeBytes = manifest.databaseSizeBytes();
        LongConsumer restored = work.bytes(activity, sizeBytes == null ? manifest.sizeBytes() : sizeBytes);
        Program.Poll poll = () -> restored.accept(PostgresServer.sizeBytes(maintenance, target));
        ArchiveEntries parts = ArchiveEntries.of(tools.print(code, data, server, List.of("--list")));
        List<Refusal> refused = new ArrayList<>();
        with(parts.schemas(), jobs, given -> tools.restore(code, server, target, given, poll));
        with(parts.base(), 1, given -> refused.addAll(tools.tryRestore(code, server, target, given, poll)));
        with(parts.main(), jobs, given -> tools.restore(code, server, target, given, poll));
        with(parts.decorations(), 1, given -> refused.addAll(tools.tryRestore(code, server, target, given, poll)));
        List<String> written = lines(Files.readAllBytes(content));
        try (Connection connection = server.connect(target)) {
            LongConsumer read = work.bytes("comparing the restored data", PostgresServer.sizeBytes(connection, target));
            PostgresContent loaded = PostgresContent.of(
                    PostgresContent.Format.of(written), server, connection, tools, target, List.of(), read);
            if (!loaded.hash().equals(manifest.contentHash())) {
                throw StepFailure.refused(
                        code,
                        "the data that were restored from backup " + manifest.backupId()
                                + " differ from those that were backed up: " + loaded.difference(written));
            }
            refused.addAll(Refusal.unexplained(loaded.missing(written), refused));
            return refused;
        }
    }

    /**
     * Writes the schema alone, and restores it into an empty database, past everything that is refused there.
     *
     * @param poll throws to give up
     * @throws StepFailure DATABASE_UNAVAILABLE if it came to nothing for another reason than the schema
     */
    Rehearsed rehearse(PostgresTools tools, String database, String target, Program.Poll poll) throws Exception {
        List<String> arguments = List.of(
                "--schema-only",
                "--format=directory",
                "--no-password",
                PostgresTools.NO_SUBSCRIPTIONS,
                PostgresTools.LOCK_WAIT,
                "--file=" + data);
        // What is refused is read; anything else that goes wrong says nothing of the schema.
        ErrorCode code = ErrorCode.DATABASE_UNAVAILABLE;
        tools.dump(code, server, database, arguments, OutputStream.nullOutputStream(), poll);
        ArchiveEntries parts = ArchiveEntries.of(tools.print(code, data, server, List.of("--list")));
        List<Refusal> failed = new ArrayList<>();
        List<Refusal> leftOut = new ArrayList<>();
        with(parts.schemas(), 1, given -> failed.addAll(tools.tryRestore(code, server, target, given, poll)));
        with(parts.base(), 1, given -> leftOut.addAll(tools.tryRestore(code, server, target, given, poll)));
        with(parts.main(), 1, given -> failed.addAll(tools.tryRestore(code, server, target, given, poll)));
        with(parts.decorations(), 1, given -> leftOut.addAll(tools.tryRestore(code, server, target, given, poll)));
        PostgresSchema written = PostgresSchema.of(tools.print(code, data, server, List.of("--file=-")));
        PostgresSchema made = tools.schema(code, server, target, List.of(PostgresTools.NO_SUBSCRIPTIONS), poll);
        return new Rehearsed(failed, leftOut, written.difference(made));
    }

    /**
     * What came of a rehearsal.
     *
     * @param failed what a restore would fail on
     * @param leftOut what it would go without
     * @param differing statements of the schema that are not what they were
     */
    record Rehearsed(List<Refusal> failed, List<Refusal> leftOut, List<String> differing) {}

    private interface Restore {
        void run(List<String> arguments) throws Exception;
    }

    /**
     * Restores some entries. The list of them is not in the directory, which does not change once it is sealed.
     *
     * @param jobs one where refusals are read: what several say at a time is mixed up
     */
    private void with(List<String> chosen, int jobs, Restore restore) throws Exception {
        if (chosen.isEmpty()) {
            return;
        }
        Path entries = Files.createTempFile(beside, "entries.", ".partial");
        try {
            Files.write(entries, chosen);
            restore.run(
                    List.of("--jobs=" + jobs, "--format=directory", "--use-list=" + entries, "--", data.toString()));
        } finally {
            Files.deleteIfExists(entries);
        }
    }

    private PostgresContent dumpAndRead(
            Connection connection,
            PostgresTools tools,
            String database,
            String snapshot,
            long sizeBytes,
            BackupWork work)
            throws Exception {
        List<String> inSnapshot = List.of("--snapshot=" + snapshot, PostgresTools.LOCK_WAIT, "--no-password");
        List<String> arguments = new ArrayList<>(inSnapshot);
        arguments.addAll(List.of(
                PostgresTools.NO_SUBSCRIPTIONS,
                "--format=directory",
                "--jobs=" + jobs,
                tools.major() >= 16 ? "--compress=zstd" : "--compress=1",
                "--file=" + data));
        AtomicLong readBytes = new AtomicLong();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<PostgresContent> reading = executor.submit(() -> PostgresContent.of(
                    PostgresContent.Format.SECOND, server, connection, tools, database, inSnapshot, readBytes::set));
            try {
                LongConsumer written = work.bytes("dumping the database", sizeBytes);
                tools.dump(
                        ErrorCode.BACKUP_FAILED,
                        server,
                        database,
                        arguments,
                        OutputStream.nullOutputStream(),
                        () -> written.accept(BackupFiles.growingBytes(data)));
                LongConsumer read = work.bytes("reading the database", sizeBytes);
                while (true) {
                    try {
                        return reading.get(POLL_MS, TimeUnit.MILLISECONDS);
                    } catch (TimeoutException e) {
                        read.accept(readBytes.get());
                    } catch (ExecutionException e) {
                        throw e.getCause() instanceof Exception cause ? cause : e;
                    }
                }
            } catch (Exception e) {
                giveUp(reading, connection, e);
                throw e;
            }
        }
    }

    /** Ends the query first: the interrupt closes the connection of a thread that waits for the server. */
    private static void giveUp(Future<?> reading, Connection connection, Exception reason) {
        try {
            connection.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException e) {
            reason.addSuppressed(e);
        } finally {
            reading.cancel(true);
        }
    }
}
