/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Tells whether two databases of stand-ins, of whatever versions, hold the same numbered rows. */
public final class RowsFingerprint {
    private RowsFingerprint() {}

    /** The number of rows and a hash of them; {@code no rows} if the schema has none yet. */
    public static String of(Connection connection) throws SQLException {
        if (!hasRows(connection)) {
            return "no rows";
        }
        List<String> lines = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT writer, number FROM report_row")) {
            while (rows.next()) {
                lines.add(rows.getString(1) + "/" + rows.getLong(2));
            }
        }
        lines.sort(null);
        return lines.size() + " rows, "
                + HexFormat.of()
                        .formatHex(sha256().digest(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
    }

    private static boolean hasRows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet tables = statement.executeQuery(
                        "SELECT count(*) FROM information_schema.tables WHERE lower(table_name) = 'report_row'")) {
            tables.next();
            return tables.getInt(1) > 0;
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
