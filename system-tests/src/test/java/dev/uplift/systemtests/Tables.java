/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What lies in a PostgreSQL database: each row of each table as text, sorted, and where the sequences stand. */
record Tables(SortedMap<String, List<String>> rows) {
    static Tables of(Connection database) throws SQLException {
        List<String> relations = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet found = statement.executeQuery("""
                        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'S') AND n.nspname NOT LIKE 'pg\\_%'
                          AND n.nspname <> 'information_schema'
                        """)) {
            while (found.next()) {
                relations.add(found.getString(1));
            }
        }
        return of(database, relations);
    }

    /** Of these tables only. */
    static Tables of(Connection database, List<String> relations) throws SQLException {
        SortedMap<String, List<String>> rows = new TreeMap<>();
        try (Statement statement = database.createStatement()) {
            for (String relation : relations) {
                List<String> texts = new ArrayList<>();
                try (ResultSet found =
                        statement.executeQuery("SELECT row(t.*)::text FROM " + relation + " AS t ORDER BY 1")) {
                    while (found.next()) {
                        texts.add(found.getString(1));
                    }
                }
                rows.put(relation, texts);
            }
        }
        return new Tables(rows);
    }
}
