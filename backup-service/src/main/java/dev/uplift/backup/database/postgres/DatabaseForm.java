/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.contract.ErrorCode;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a dump of one database does not hold because it belongs to the database as a whole.
 *
 * @param provider of the collation: {@code c} the C library, {@code i} ICU, {@code b} built in
 * @param locale of a provider other than the C library
 * @param settings made by {@code ALTER DATABASE ... SET} and {@code ALTER ROLE ... IN DATABASE ... SET}
 * @param grants absent: the default ones
 */
record DatabaseForm(
        String owner,
        String encoding,
        String collate,
        String ctype,
        String provider,
        @Nullable String locale,
        String tablespace,
        int connectionLimit,
        @Nullable String comment,
        List<Setting> settings,
        @Nullable List<Grant> grants) {
    private static final List<String> LISTS = List.of(
            "local_preload_libraries",
            "search_path",
            "session_preload_libraries",
            "shared_preload_libraries",
            "temp_tablespaces",
            "unix_socket_directories");

    /** @param role absent: for everybody */
    record Setting(@Nullable String role, String name, String value) {
        Statement statement(String database) {
            String target = role == null
                    ? "ALTER DATABASE " + Sql.name(database)
                    : "ALTER ROLE " + Sql.name(role) + " IN DATABASE " + Sql.name(database);
            String set = target + " SET " + quotedName() + " TO ";
            // Applications keep secrets in parameters of their own.
            return new Statement(set + quotedValue(), name.contains(".") ? set + "'***'" : null);
        }

        private String quotedName() {
            List<String> parts = new ArrayList<>();
            for (String part : name.split("\\.", -1)) {
                parts.add(Sql.name(part));
            }
            return String.join(".", parts);
        }

        /** A list is kept with its elements in double quotes where they need them. */
        private String quotedValue() {
            if (!LISTS.contains(name)) {
                return Sql.text(value);
            }
            List<String> elements = new ArrayList<>();
            StringBuilder element = new StringBuilder();
            boolean quoted = false;
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == '"' && quoted && i + 1 < value.length() && value.charAt(i + 1) == '"') {
                    element.append('"');
                    i++;
                } else if (c == '"') {
                    quoted = !quoted;
                } else if (c == ',' && !quoted) {
                    elements.add(Sql.text(element.toString()));
                    element.setLength(0);
                } else if (c != ' ' || quoted) {
                    element.append(c);
                }
            }
            elements.add(Sql.text(element.toString()));
            return String.join(", ", elements);
        }
    }

    /** @param masked what is told of it where the value is not to be seen; absent: it may be */
    record Statement(String sql, @Nullable String masked) {
        static Statement of(String sql) {
            return new Statement(sql, null);
        }

        String shown() {
            return masked == null ? sql : masked;
        }

        /**
         * What is told of it.
         *
         * @param reason may quote the value, so that it is not told either where the value is not
         * @param place where somebody finds the value then
         */
        Refusal refused(String reason, String place) {
            return masked == null ? new Refusal(sql, reason) : new Refusal(masked, "the value is in " + place);
        }
    }

    /** @param grantee absent: everybody */
    record Grant(@Nullable String grantee, String privilege, boolean grantable) {
        String sql(String database) {
            return "GRANT " + privilege + " ON DATABASE " + Sql.name(database) + " TO "
                    + (grantee == null ? "PUBLIC" : Sql.name(grantee)) + (grantable ? " WITH GRANT OPTION" : "");
        }
    }

    DatabaseForm {
        settings = List.copyOf(settings);
        grants = grants == null ? null : List.copyOf(grants);
    }

    /** Reads the form of a database that exists. */
    static DatabaseForm of(Connection connection, int serverMajor, String database) throws SQLException {
        String provider = serverMajor >= 15 ? "d.datlocprovider::text" : "'c'";
        String locale = serverMajor >= 17 ? "d.datlocale" : serverMajor >= 15 ? "d.daticulocale" : "NULL";
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
                """ + provider + ", " + locale + """
                , t.spcname, d.datconnlimit, shobj_description(d.oid, 'pg_database'), d.datacl IS NULL
                FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
                WHERE d.datname = ?\
                """)) {
            query.setString(1, database);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("database " + database + " does not exist", "3D000");
                }
                return new DatabaseForm(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7),
                        row.getInt(8),
                        row.getString(9),
                        settings(connection, database),
                        row.getBoolean(10) ? null : grants(connection, database));
            }
        }
    }

    /** SQL that makes an empty database of this form. */
    String create(String database) {
        String sql = "CREATE DATABASE " + Sql.name(database) + " WITH TEMPLATE template0 OWNER " + Sql.name(owner)
                + " ENCODING " + Sql.text(encoding) + " LC_COLLATE " + Sql.text(collate) + " LC_CTYPE "
                + Sql.text(ctype)
                // Naming the usual one would need a right to it.
                + (tablespace.equals("pg_default") ? "" : " TABLESPACE " + Sql.name(tablespace));
        return switch (provider) {
            case "i" -> sql + " LOCALE_PROVIDER icu ICU_LOCALE " + Sql.text(String.valueOf(locale));
            case "b" -> sql + " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + Sql.text(String.valueOf(locale));
            default -> sql;
        };
    }

    /** SQL that gives a new database the comment, the settings and rights. */
    private List<Statement> complete(String database) {
        List<Statement> statements = new ArrayList<>();
        statements.add(Statement.of(
                "COMMENT ON DATABASE " + Sql.name(database) + " IS " + (comment == null ? "NULL" : Sql.text(comment))));
        statements.addAll(settingsAndRights(database));
        return statements;
    }

    private List<Statement> settingsAndRights(String database) {
        List<Statement> statements = new ArrayList<>();
        statements.add(Statement.of("ALTER DATABASE " + Sql.name(database) + " CONNECTION LIMIT " + connectionLimit));
        for (Setting setting : settings) {
            statements.add(setting.statement(database));
        }
        if (grants != null) {
            statements.add(Statement.of(
                    "REVOKE ALL ON DATABASE " + Sql.name(database) + " FROM PUBLIC, " + Sql.name(owner) + " CASCADE"));
            for (Grant grant : grants) {
                statements.add(Statement.of(grant.sql(database)));
            }
        }
        return statements;
    }

    /**
     * What of these settings and rights another database lacks.
     *
     * @param place where these are found
     */
    List<Refusal> missing(DatabaseForm made, String database, String place) {
        List<Statement> missing = new ArrayList<>(settingsAndRights(database));
        missing.removeAll(made.settingsAndRights(database));
        return missing.stream()
                .map(statement -> statement.refused(Refusal.MISSING, place))
                .toList();
    }

    /**
     * Gives a new database the settings and rights, one by one, and reads them back. May be run again.
     *
     * @param live the name that it will have
     * @param place where these settings are found afterwards
     * @return what the server refused
     * @throws StepFailure {@code code} if anything else is not as it should be
     */
    List<Refusal> apply(Connection connection, String database, String live, String place, ErrorCode code)
            throws SQLException {
        List<Statement> statements = complete(database);
        List<Statement> asLive = complete(live);
        List<Refusal> refused = new ArrayList<>();
        Set<Statement> missing = new LinkedHashSet<>(statements);
        for (int i = 0; i < statements.size(); i++) {
            try {
                PostgresServer.execute(connection, statements.get(i).sql);
            } catch (SQLException e) {
                if (!Refusal.isOne(e)) {
                    throw e;
                }
                refused.add(asLive.get(i).refused(StepFailures.message(e), place));
                missing.remove(statements.get(i));
            }
        }
        DatabaseForm made = of(connection, PostgresServer.major(connection), database);
        missing.removeAll(made.complete(database));
        if (!missing.isEmpty() || !made.create(database).equals(create(database))) {
            throw StepFailure.retryable(
                    code,
                    "the restored database has not the form of the one that was backed up: "
                            + (missing.isEmpty()
                                    ? made.create(database)
                                    : missing.stream().map(Statement::shown).collect(Collectors.joining("; "))));
        }
        return refused;
    }

    private static List<Setting> settings(Connection connection, String database) throws SQLException {
        List<Setting> settings = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT r.rolname, c.setting
                FROM pg_db_role_setting s
                JOIN pg_database d ON d.oid = s.setdatabase
                LEFT JOIN pg_roles r ON r.oid = s.setrole
                CROSS JOIN LATERAL unnest(s.setconfig) AS c (setting)
                WHERE d.datname = ?
                ORDER BY r.rolname NULLS FIRST, c.setting\
                """)) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String setting = rows.getString(2);
                    int equals = setting.indexOf('=');
                    settings.add(new Setting(
                            rows.getString(1), setting.substring(0, equals), setting.substring(equals + 1)));
                }
            }
        }
        return settings;
    }

    private static List<Grant> grants(Connection connection, String database) throws SQLException {
        List<Grant> grants = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT r.rolname, a.privilege_type, a.is_grantable
                FROM pg_database d
                CROSS JOIN LATERAL aclexplode(d.datacl) AS a
                LEFT JOIN pg_roles r ON r.oid = a.grantee
                WHERE d.datname = ? AND (a.grantee = 0 OR r.rolname IS NOT NULL)
                ORDER BY 1 NULLS FIRST, 2\
                """)) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    grants.add(new Grant(rows.getString(1), rows.getString(2), rows.getBoolean(3)));
                }
            }
        }
        return grants;
    }
}
