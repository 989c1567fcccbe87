/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.contract.Check;
import dev.uplift.messaging.OneLine;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What would stop a backup or a restore, and is not seen in the schema alone. */
final class PostgresDataChecks {
    private static final int NAMED_MAX = 3;
    private static final Duration PREPARED_MAX = Duration.ofSeconds(2);

    /** Of an extension's tables a dump reads the rows of those only that it names as configuration. */
    private static final String DUMPED = """
        n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
          AND (NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend d
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            OR c.oid IN (SELECT pg_catalog.unnest(e.extconfig) FROM pg_catalog.pg_extension e))\
        """;

    private final Connection connection;
    private final String user;
    private final List<Check> checks = new ArrayList<>();

    private PostgresDataChecks(Connection connection, String user) {
        this.connection = connection;
        this.user = Sql.name(user);
    }

    /**
     * Looks at it all.
     *
     * @param connection to the live database, in no transaction; nothing is set on it that stays
     */
    static List<Check> of(Connection connection, String user) throws SQLException, InterruptedException {
        PostgresDataChecks data = new PostgresDataChecks(connection, user);
        data.unreadable();
        data.hiddenRows();
        data.largeObjects();
        data.preparedTransactions();
        data.subscriptions();
        data.slots();
        // Rows that may not be read cannot be tried.
        if (data.checks.stream().noneMatch(check -> check.verdict() == Check.Verdict.FAIL)) {
            data.checks.addAll(PostgresExpressions.check(connection));
        }
        return data.checks;
    }

    private void unreadable() throws SQLException {
        List<String> unreadable = names("""
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence IN ('p', 'u')
              AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                AND CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
                  ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END)
              AND
            """ + DUMPED + " ORDER BY 1");
        add(
                "database.readable",
                Check.Verdict.FAIL,
                unreadable,
                "a backup may not read {}: let its owner run GRANT SELECT ON {} TO " + user
                        + ", with USAGE of its schema");
    }

    private void hiddenRows() throws SQLException {
        List<String> secured = names("""
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND pg_catalog.row_security_active(c.oid)
              AND
            """ + DUMPED + " ORDER BY 1");
        add(
                "database.row-security",
                Check.Verdict.FAIL,
                secured,
                "row security hides rows of {} from a backup: as a superuser run ALTER ROLE " + user
                        + " BYPASSRLS, or, if " + user + " owns it, ALTER TABLE {} NO FORCE ROW LEVEL SECURITY");
    }

    private void largeObjects() throws SQLException {
        List<String> foreign = names("""
            SELECT l.oid FROM pg_catalog.pg_largeobject_metadata l
            WHERE NOT pg_catalog.pg_has_role(l.lomowner, 'MEMBER')
               OR NOT pg_catalog.pg_has_role(l.lomowner, 'USAGE')
                 AND NOT EXISTS (
                   SELECT FROM pg_catalog.aclexplode(l.lomacl) a
                   WHERE a.privilege_type = 'SELECT'
                     AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
            ORDER BY 1\
            """);
        add(
                "database.large-objects",
                Check.Verdict.FAIL,
                foreign,
                "large object {} is another role's: as a superuser run ALTER LARGE OBJECT {} OWNER TO " + user);
    }

    /** The application ends its own at once: one that is there twice is left over, and stays when it has stopped. */
    private void preparedTransactions() throws SQLException, InterruptedException {
        String query = """
            SELECT pg_catalog.quote_literal(gid) FROM pg_catalog.pg_prepared_xacts
            WHERE database = pg_catalog.current_database() ORDER BY 1\
            """;
        List<String> left = new ArrayList<>(names(query));
        if (!left.isEmpty()) {
            // Who prepares a transaction ends it soon; what is looked for is what nobody ends.
            Thread.sleep(PREPARED_MAX.toMillis());
            left.retainAll(names(query));
            add(
                    "database.prepared",
                    Check.Verdict.FAIL,
                    left,
                    "prepared transaction {} holds the database, also when the application has ended: run ROLLBACK"
                            + " PREPARED {}, or COMMIT PREPARED");
        }
    }

    private void subscriptions() throws SQLException {
        String query = """
            SELECT pg_catalog.quote_ident(s.subname) FROM pg_catalog.pg_subscription s
            JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
            WHERE d.datname = pg_catalog.current_database() AND s.subenabled = %s ORDER BY 1\
            """;
        add(
                "database.subscriptions",
                Check.Verdict.FAIL,
                names(query.formatted(true)),
                "subscription {} writes into the database, and is in no backup: as a superuser run ALTER SUBSCRIPTION"
                        + " {} DISABLE for the time of the upgrade");
        add(
                "database.subscriptions",
                Check.Verdict.WARN,
                names(query.formatted(false)),
                "subscription {}, which is disabled, would stay with the replaced database after a restore");
    }

    private void slots() throws SQLException {
        String query = """
            SELECT slot_name FROM pg_catalog.pg_replication_slots
            WHERE database = pg_catalog.current_database() AND active = %s ORDER BY 1\
            """;
        add(
                "database.slots",
                Check.Verdict.FAIL,
                names(query.formatted(true)),
                "replication slot {} is being read, which keeps a session on the database: stop its consumer for the"
                        + " time of the upgrade");
        add(
                "database.slots",
                Check.Verdict.WARN,
                names(query.formatted(false)),
                "replication slot {} would stay with the replaced database after a restore, and fill the server's disk"
                        + " from then on: docs/operations.md says what to do");
    }

    /** One check, if there are names at all, which take the place of {@code {}} in the detail. */
    private void add(String check, Check.Verdict verdict, List<String> names, String detail) {
        if (!names.isEmpty()) {
            add(
                    check,
                    verdict,
                    some(names.stream().map(name -> detail.replace("{}", name)).toList()));
        }
    }

    private List<String> names(String query) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    /** The first ones, and how many more. */
    static String some(List<String> all) {
        return String.join("; ", all.subList(0, Math.min(NAMED_MAX, all.size())))
                + (all.size() > NAMED_MAX ? "; and " + (all.size() - NAMED_MAX) + " more" : "");
    }

    private void add(String name, Check.Verdict verdict, String detail) {
        checks.add(new Check(name, verdict, OneLine.of(detail)));
    }
}
