/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.testing;

import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A database as an earlier release has left it, before it is migrated. */
public final class EarlierDatabase {
    private static final Pattern DUMPED_AT = Pattern.compile("^-- Dumped at (\\S+) ", Pattern.MULTILINE);

    private EarlierDatabase() {}

    /** {@link #url(String)} with the migrations of {@code locations}, as {@link TestDatabase#create(String...)}. */
    public static AgroalDataSource migrated(String dump, String... locations) {
        String url = url(dump);
        TestDatabase.migrate(url, locations);
        return TestDatabase.connect(url);
    }

    /**
     * The URL of a new database with what a dump in the class path holds, as {@link TestDatabase#url()}. Its times are moved
     * as if it had been dumped now.
     *
     * @param dump SQL, with a comment {@code -- Dumped at} the time of the dump
     */
    public static String url(String dump) {
        String url = TestDatabase.url();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            String sql = text(dump);
            statement.execute(sql);
            for (String move : moves(statement, dumpedAt(sql))) {
                statement.execute(move);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("no database of " + dump, e);
        }
        return url;
    }

    private static Instant dumpedAt(String sql) {
        Matcher matcher = DUMPED_AT.matcher(sql);
        if (!matcher.find()) {
            throw new IllegalStateException("the dump does not say when it was made");
        }
        return Instant.parse(matcher.group(1));
    }

    private static List<String> moves(Statement statement, Instant dumpedAt) throws SQLException {
        List<String> moves = new ArrayList<>();
        try (ResultSet columns = statement.executeQuery("""
                SELECT format('UPDATE public.%%1$I SET %%2$I = %%2$I + (now() - %%3$L::timestamptz)',
                              table_name, column_name, '%s')
                  FROM information_schema.columns
                 WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
                """.formatted(dumpedAt))) {
            while (columns.next()) {
                moves.add(columns.getString(1));
            }
        }
        return moves;
    }

    private static String text(String resource) {
        try (InputStream in = EarlierDatabase.class.getResourceAsStream(resource)) {
            return new String(
                    Objects.requireNonNull(in, "no resource " + resource).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
