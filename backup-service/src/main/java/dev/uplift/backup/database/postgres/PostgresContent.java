/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.OneLine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SequencedCollection;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * All that a database holds, as one line with a hash for each table, sequence and large object, and one
 * for the schema. Two databases are equal if these lines are.
 *
 * <p>A tree of partitions that has hash partitions is read by its root: the hash of some types, such as an enum, is
 * another one in a restored database, so that equal rows lie in other partitions.
 *
 * <p>Not in it: rows of materialised views, foreign tables and extensions, which a dump does not hold
 * either; what belongs to the database as a whole (owner, settings, rights).
 *
 * @param decorations a line for each statement that {@link ArchiveEntries decorates} the data. They do not count in the
 *     hash: a role that may not make them can bring the data back all the same
 */
record PostgresContent(Format format, List<String> lines, List<String> decorations) {
    /** What a backup's first line says of the others. */
    enum Format {
        /** Of older backups: decorations count, subscriptions too, and every partition is read by itself. */
        FIRST("uplift postgresql content 1"),
        SECOND("uplift postgresql content 2");

        private final String line;

        Format(String line) {
            this.line = line;
        }

        private List<String> dumpArguments() {
            return switch (this) {
                case FIRST -> List.of();
                case SECOND -> List.of(PostgresTools.NO_SUBSCRIPTIONS);
            };
        }

        /** How a content that was written down is to be compared. */
        static Format of(List<String> written) {
            return !written.isEmpty() && written.getFirst().equals(FIRST.line) ? FIRST : SECOND;
        }
    }

    private static final String DECORATION = "decoration ";
    private static final int FETCH_ROWS = 1000;
    private static final int LARGE_OBJECT_CHUNK_BYTES = 1 << 20;

    /** Rows are printed, and sorted, in the same way whoever asks. */
    private static final List<String> SETTINGS = List.of(
            "search_path TO ''",
            "timezone TO 'UTC'",
            "datestyle TO 'ISO, YMD'",
            "intervalstyle TO 'postgres'",
            "extra_float_digits TO 3",
            "bytea_output TO 'hex'",
            "xmlbinary TO 'base64'",
            "lc_monetary TO 'C'",
            "row_security TO off",
            "synchronize_seqscans TO off",
            "quote_all_identifiers TO off",
            "statement_timeout TO 0",
            "lock_timeout TO 0",
            "idle_in_transaction_session_timeout TO 0");

    private static final String USER_OBJECT = """
            n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
              AND c.relpersistence IN ('p', 'u')
              AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')\
            """;

    private static final String TABLES = """
            SELECT n.nspname, c.relname, c.relkind = 'p',
              ARRAY(
                SELECT a.attname FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY a.attnum)::text[] AS columns,
              ARRAY(
                SELECT a.attname
                FROM pg_catalog.pg_index i
                CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, position)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts
                ORDER BY k.position)::text[] AS key
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE
            """;

    private static final String EACH = "c.relkind = 'r'";

    /** Rows of foreign partitions are in no dump: with one among them, every partition is read by itself. */
    private static final String HASHED = """
        EXISTS (
            SELECT FROM pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(c.oid)) t
            JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
            WHERE p.partstrat = 'h')
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(c.oid)) t
            JOIN pg_catalog.pg_class f ON f.oid = t.relid
            WHERE f.relkind = 'f')\
        """;

    private static final String BY_ROOT = "CASE WHEN c.relispartition THEN c.relkind = 'r' AND NOT (" + HASHED
            + ") WHEN c.relkind = 'p' THEN " + HASHED + " ELSE c.relkind = 'r' END";

    private static final String BY_NAME = " ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";

    private static final String SEQUENCES = """
            SELECT n.nspname, c.relname
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'S' AND
            """ + USER_OBJECT + BY_NAME;

    PostgresContent {
        lines = List.copyOf(lines);
        decorations = List.copyOf(decorations);
    }

    /** Begins the transaction, read-only and with one snapshot, that {@link #of} needs. */
    static void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(true);
        for (String setting : SETTINGS) {
            PostgresServer.execute(connection, "SET SESSION " + setting);
        }
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
    }

    /**
     * Reads the whole database.
     *
     * @param format of what it will be compared with
     * @param connection to it; after {@link #begin}, or else in no transaction
     * @param dumpArguments for {@code pg_dump}, so that it sees what {@code connection} sees
     * @param progress told how many bytes were read so far; may throw to give up
     */
    static PostgresContent of(
            Format format,
            PostgresServer server,
            Connection connection,
            PostgresTools tools,
            String database,
            List<String> dumpArguments,
            LongConsumer progress)
            throws Exception {
        if (connection.getAutoCommit()) {
            begin(connection);
        }
        List<String> arguments = new ArrayList<>(dumpArguments);
        arguments.addAll(format.dumpArguments());
        PostgresSchema schema =
                tools.schema(ErrorCode.BACKUP_FAILED, server, database, arguments, () -> progress.accept(0));
        return read(format, connection, schema, progress);
    }

    private static PostgresContent read(
            Format format, Connection connection, PostgresSchema schema, LongConsumer progress)
            throws SQLException, IOException {
        List<String> lines = new ArrayList<>();
        lines.add(format.line);
        lines.add("schema "
                + switch (format) {
                    case FIRST -> schema.sha256();
                    case SECOND -> schema.sha256OfEssentials();
                });
        CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
        Digesting sink = new Digesting(progress);
        for (Table table : tables(connection, format)) {
            long rows = copy.copyOut("COPY (" + table.query() + ") TO STDOUT", sink);
            lines.add("table " + table.name() + " " + rows + " " + sink.reset());
        }
        lines.addAll(sequences(connection));
        lines.addAll(largeObjects(connection, sink));
        return new PostgresContent(
                format,
                lines,
                switch (format) {
                    case FIRST -> List.of();
                    case SECOND ->
                        schema.decorations().stream()
                                .map(PostgresContent::decoration)
                                .toList();
                });
    }

    /** The same for databases that are equal but for what decorates them. */
    String hash() {
        MessageDigest digest = BackupFiles.sha256();
        digest.update(text(lines).getBytes(StandardCharsets.UTF_8));
        return BackupFiles.hex(digest);
    }

    /** As it is written down. */
    String text() {
        return text(lines) + text(decorations);
    }

    private static String text(List<String> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static String decoration(String statement) {
        MessageDigest digest = BackupFiles.sha256();
        digest.update(statement.getBytes(StandardCharsets.UTF_8));
        return DECORATION + BackupFiles.hex(digest) + " " + OneLine.of(statement);
    }

    /** The decorations that were written down and are not here. */
    List<String> missing(Collection<String> written) {
        return written.stream()
                .filter(line -> line.startsWith(DECORATION) && !decorations.contains(line))
                .map(line -> line.substring(line.indexOf(' ', DECORATION.length()) + 1))
                .toList();
    }

    /** Up to three things that differ, for a person. */
    String difference(SequencedCollection<String> other) {
        Set<String> differing = new TreeSet<>(lines);
        Set<String> common = new TreeSet<>(other);
        common.retainAll(differing);
        differing.addAll(other);
        differing.removeAll(common);
        List<String> names = differing.stream()
                .filter(line -> !line.startsWith(DECORATION))
                .map(line -> line.replaceFirst("( \\d+)? [0-9a-f]{64}$", ""))
                .distinct()
                .toList();
        return String.join(", ", names.subList(0, Math.min(3, names.size())))
                + (names.size() > 3 ? " and " + (names.size() - 3) + " more" : "");
    }

    private record Table(String schema, String relation, boolean tree, List<String> columns, List<String> key) {
        String name() {
            return Sql.name(schema) + "." + Sql.name(relation);
        }

        String query() {
            String list = String.join(", ", columns.stream().map(Sql::name).toList());
            String order = key.isEmpty()
                    ? "ROW(" + list + ")::text COLLATE \"C\""
                    : String.join(", ", key.stream().map(Sql::name).toList());
            return "SELECT " + list + (tree ? " FROM " : " FROM ONLY ") + name() + " ORDER BY " + order;
        }
    }

    private static List<Table> tables(Connection connection, Format format) throws SQLException {
        String which = switch (format) {
            case FIRST -> EACH;
            case SECOND -> BY_ROOT;
        };
        List<Table> tables = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(TABLES + which + " AND " + USER_OBJECT + BY_NAME)) {
            while (rows.next()) {
                tables.add(new Table(
                        rows.getString(1),
                        rows.getString(2),
                        rows.getBoolean(3),
                        strings(rows.getArray(4)),
                        strings(rows.getArray(5))));
            }
        }
        return tables;
    }

    private static List<String> strings(Array array) throws SQLException {
        return Arrays.asList((String[]) array.getArray());
    }

    private static List<String> sequences(Connection connection) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SEQUENCES)) {
            while (rows.next()) {
                names.add(Sql.name(rows.getString(1)) + "." + Sql.name(rows.getString(2)));
            }
        }
        List<String> lines = new ArrayList<>();
        for (String name : names) {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT last_value, is_called FROM " + name)) {
                rows.next();
                lines.add("sequence " + name + " " + rows.getLong(1) + " " + rows.getBoolean(2));
            }
        }
        return lines;
    }

    private static List<String> largeObjects(Connection connection, Digesting sink) throws SQLException, IOException {
        List<String> lines = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet rows =
                            statement.executeQuery("SELECT oid FROM pg_catalog.pg_largeobject_metadata ORDER BY oid");
                    PreparedStatement read = connection.prepareStatement("SELECT pg_catalog.lo_get(?, ?, ?)")) {
                while (rows.next()) {
                    long oid = rows.getLong(1);
                    long offset = 0;
                    for (byte[] chunk = chunk(read, oid, offset); chunk.length > 0; chunk = chunk(read, oid, offset)) {
                        sink.write(chunk, 0, chunk.length);
                        offset += chunk.length;
                    }
                    lines.add("large-object " + oid + " " + offset + " " + sink.reset());
                }
            }
        }
        return lines;
    }

    private static byte[] chunk(PreparedStatement read, long oid, long offset) throws SQLException {
        read.setLong(1, oid);
        read.setLong(2, offset);
        read.setInt(3, LARGE_OBJECT_CHUNK_BYTES);
        try (ResultSet rows = read.executeQuery()) {
            byte @Nullable [] bytes = rows.next() ? rows.getBytes(1) : null;
            return bytes == null ? new byte[0] : bytes;
        }
    }

    /** Hashes what is written, one thing after the other, and counts all of it. */
    private static final class Digesting extends OutputStream {
        private static final long REPORT_BYTES = 1 << 20;

        private final LongConsumer progress;
        private final MessageDigest digest = BackupFiles.sha256();
        private long bytes;
        private long reportedBytes;

        Digesting(LongConsumer progress) {
            this.progress = progress;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] chunk, int offset, int length) {
            digest.update(chunk, offset, length);
            bytes += length;
            if (bytes - reportedBytes >= REPORT_BYTES) {
                reportedBytes = bytes;
                progress.accept(bytes);
            }
        }

        /** What was written since the last time. */
        String reset() {
            progress.accept(bytes);
            return BackupFiles.hex(digest);
        }
    }
}
