/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The numbered rows and the users, written as this release's schema wants them: a release of another
 * major than the database's fails here, as a real application would.
 */
final class Rows {
    private static final int MISSING_MAX = 1_000;
    private static final String UNIQUE_VIOLATION = "23505";

    private final AppDatabase database;
    private final int major;

    Rows(AppDatabase database, int major) {
        this.database = database;
        this.major = major;
    }

    /** What is there of one writer; {@code missing} are the first 1000 numbers of 1..max that are not. */
    record Written(String writer, long count, long max, long missingCount, List<Long> missing) {}

    /**
     * Commits the rows {@code first} to {@code first + count - 1} together and flushes them. Idempotent for
     * a single row.
     *
     * @return whether they were new; if not, nothing is written
     */
    boolean add(String writer, long first, int count) throws SQLException {
        try (Connection connection = database.pooled()) {
            connection.setAutoCommit(false);
            try {
                insert(connection, writer, first, count);
                if (major >= 50) {
                    recordActivity(connection, writer, first, count);
                }
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
                    return false;
                }
                throw e;
            }
            connection.setAutoCommit(true);
            database.flush(connection);
            return true;
        }
    }

    private void insert(Connection connection, String writer, long first, int count) throws SQLException {
        List<String> columns = new ArrayList<>(List.of("number", "writer", major >= 51 ? "body" : "payload"));
        if (major >= 49) {
            columns.add("label");
        }
        if (major >= 51) {
            columns.add("checksum");
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO report_row ("
                + String.join(", ", columns) + ") VALUES (?" + ", ?".repeat(columns.size() - 1) + ")")) {
            for (long number = first; number < first + count; number++) {
                String text = "row " + number + " of " + writer;
                String label = writer + "/" + number;
                statement.setLong(1, number);
                statement.setString(2, writer);
                statement.setString(3, text);
                if (major >= 49) {
                    statement.setString(4, label);
                }
                if (major >= 51) {
                    statement.setString(5, md5(label + "/" + text));
                }
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void recordActivity(Connection connection, String writer, long first, int count)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("INSERT INTO activity (row_id, topic) SELECT id, 'row-create'"
                        + " FROM report_row WHERE writer = ? AND number BETWEEN ? AND ?")) {
            statement.setString(1, writer);
            statement.setLong(2, first);
            statement.setLong(3, first + count - 1);
            statement.executeUpdate();
        }
    }

    private static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    Written of(String writer) throws SQLException {
        try (Connection connection = database.pooled()) {
            long count;
            long max;
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT count(*), coalesce(max(number), 0) FROM report_row WHERE writer = ? AND number > 0")) {
                statement.setString(1, writer);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    count = rows.getLong(1);
                    max = rows.getLong(2);
                }
            }
            return new Written(writer, count, max, max - count, count == max ? List.of() : missing(connection, writer));
        }
    }

    private static List<Long> missing(Connection connection, String writer) throws SQLException {
        List<Long> missing = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT before_it, number FROM (SELECT number, lag(number, 1, 0) OVER (ORDER BY number) AS before_it"
                        + " FROM report_row WHERE writer = ? AND number > 0) gaps"
                        + " WHERE number > before_it + 1 ORDER BY number")) {
            statement.setString(1, writer);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    for (long number = rows.getLong(1) + 1; number < rows.getLong(2); number++) {
                        if (missing.size() == MISSING_MAX) {
                            return missing;
                        }
                        missing.add(number);
                    }
                }
            }
        }
        return missing;
    }

    /** Makes the first user; idempotent. */
    void setUp(String email) throws SQLException {
        try (Connection connection = database.pooled();
                PreparedStatement statement = connection.prepareStatement(
                        "INSERT INTO core_user (email) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM core_user WHERE email = ?)")) {
            statement.setString(1, email);
            statement.setString(2, email);
            statement.executeUpdate();
            database.flush(connection);
        }
    }

    /** Whether anybody has ever used this database. */
    boolean used() throws SQLException {
        try (Connection connection = database.pooled();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT EXISTS (SELECT 1 FROM core_user) OR EXISTS (SELECT 1 FROM report_row)")) {
            rows.next();
            return rows.getBoolean(1);
        }
    }
}
