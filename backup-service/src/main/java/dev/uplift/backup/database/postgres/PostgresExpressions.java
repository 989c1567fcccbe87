/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.contract.Check;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.StepFailures;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Conditions, index expressions and generated columns that call the database's own functions are evaluated for every
 * row, as a restore does it: with an empty {@code search_path}, which has broken many a function's body.
 */
final class PostgresExpressions {
    private static final Duration EXPRESSION_MAX = Duration.ofSeconds(10);
    private static final Duration EXPRESSIONS_MAX = Duration.ofSeconds(60);

    /** A statement's time is over, or a function in it writes. */
    private static final Set<String> UNSEEN = Set.of("57014", "25006");

    private PostgresExpressions() {}

    /**
     * Looks at them all.
     *
     * @param connection to the live database, in no transaction; nothing is set on it that stays
     */
    static List<Check> check(Connection connection) throws SQLException {
        long deadline = System.nanoTime() + EXPRESSIONS_MAX.toNanos();
        List<String> broken = new ArrayList<>();
        List<String> unseen = new ArrayList<>();
        for (Expression expression : readOnly(connection, PostgresExpressions::ofOwnFunctions)) {
            if (System.nanoTime() - deadline > 0) {
                unseen.add(expression.of);
                continue;
            }
            try {
                long found = readOnly(connection, statement -> number(statement, expression.query));
                if (expression.condition && found > 0) {
                    broken.add(expression.of + " does not hold for " + found + " rows: mend them or drop it");
                }
            } catch (SQLException e) {
                if (StepFailures.isOfServer(e)) {
                    throw e;
                }
                if (UNSEEN.contains(String.valueOf(e.getSQLState()))) {
                    unseen.add(expression.of);
                } else {
                    broken.add(expression.of + " fails with an empty search_path (" + StepFailures.message(e)
                            + "): run " + expression.remedy);
                }
            }
        }
        List<Check> checks = new ArrayList<>();
        if (!broken.isEmpty()) {
            checks.add(check(Check.Verdict.FAIL, "rows cannot be restored: " + PostgresDataChecks.some(broken)));
        }
        if (!unseen.isEmpty()) {
            checks.add(check(
                    Check.Verdict.WARN,
                    "not looked at, because it takes longer than " + EXPRESSION_MAX.toSeconds()
                            + " s or writes: whether rows can be restored past " + PostgresDataChecks.some(unseen)));
        }
        return checks;
    }

    private interface Look<T> {
        T at(Statement statement) throws SQLException;
    }

    /** Looks with an empty {@code search_path}, in a transaction of its own: what is set ends with it. */
    private static <T> T readOnly(Connection connection, Look<T> look) throws SQLException {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL search_path TO ''");
            statement.execute("SET LOCAL statement_timeout TO " + EXPRESSION_MAX.toMillis());
            return look.at(statement);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
            connection.setReadOnly(false);
        }
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    /**
     * Something that is evaluated when rows are restored.
     *
     * @param of what it belongs to, for a person
     * @param condition whether {@code query} counts rows for which it is false; otherwise it only evaluates
     */
    private record Expression(String of, boolean condition, String query, String remedy) {}

    private static List<Expression> ofOwnFunctions(Statement statement) throws SQLException {
        List<Expression> expressions = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("""
                    WITH own AS (
                      SELECT d.classid, d.objid, d.objsubid, min(pg_catalog.format(
                        'ALTER FUNCTION %s SET search_path TO %s', p.oid::regprocedure,
                        CASE f.nspname WHEN 'public' THEN 'public'
                          ELSE pg_catalog.quote_ident(f.nspname) || ', public' END)) AS remedy
                      FROM pg_catalog.pg_depend d
                      JOIN pg_catalog.pg_proc p ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.refobjid
                      JOIN pg_catalog.pg_namespace f ON f.oid = p.pronamespace
                      JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
                      WHERE f.nspname <> 'pg_catalog'
                      GROUP BY 1, 2, 3),
                    expression AS (
                      SELECT 'condition ' || k.conname AS what, true AS condition, k.conrelid AS of,
                        'SELECT count(*) FROM ONLY %s WHERE ('
                          || pg_catalog.pg_get_expr(k.conbin, k.conrelid) || ') IS FALSE' AS query, own.remedy
                      FROM pg_catalog.pg_constraint k
                      JOIN own ON own.classid = 'pg_catalog.pg_constraint'::regclass AND own.objid = k.oid
                      WHERE k.contype = 'c' AND k.convalidated AND k.conrelid <> 0
                      UNION ALL
                      SELECT 'index ' || i.indexrelid::regclass, false, i.indrelid,
                        'SELECT count(ROW(' || COALESCE(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '1')
                          || ')) FROM ONLY %s WHERE '
                          || COALESCE(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true'), own.remedy
                      FROM pg_catalog.pg_index i
                      JOIN own ON own.classid = 'pg_catalog.pg_class'::regclass AND own.objid = i.indexrelid
                      WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                      UNION ALL
                      SELECT 'column ' || a.attname, false, g.adrelid,
                        'SELECT count(ROW(' || pg_catalog.pg_get_expr(g.adbin, g.adrelid) || ')) FROM ONLY %s',
                        own.remedy
                      FROM pg_catalog.pg_attrdef g
                      JOIN pg_catalog.pg_attribute a ON a.attrelid = g.adrelid AND a.attnum = g.adnum
                      JOIN own ON own.classid = 'pg_catalog.pg_attrdef'::regclass AND own.objid = g.oid
                      WHERE a.attgenerated <> '')
                    SELECT e.what || ' of table ' || c.oid::regclass, e.condition,
                      pg_catalog.replace(e.query, 'ONLY %s', 'ONLY ' || c.oid::regclass), e.remedy
                    FROM expression e JOIN pg_catalog.pg_class c ON c.oid = e.of
                    WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u') ORDER BY 1\
                    """)) {
            while (rows.next()) {
                expressions.add(
                        new Expression(rows.getString(1), rows.getBoolean(2), rows.getString(3), rows.getString(4)));
            }
        }
        return expressions;
    }

    private static Check check(Check.Verdict verdict, String detail) {
        return new Check("database.expressions", verdict, OneLine.of(detail));
    }
}
