/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Proof that only one version uses the database. On PostgreSQL a session of its own holds a shared
 * advisory lock named after the version; each process takes its lock first and looks for others
 * afterwards, so of two that overlap at least one sees the other. It looks once a second, takes the lock
 * again after a lost session, and writes {@code violation} to the ledger once per other holder. On H2
 * the file lock does the same, and nothing is held here.
 */
final class Presence implements AutoCloseable {
    private static final int CLASS = 0x55504C49;
    private static final String OTHERS = """
            SELECT coalesce(a.application_name, 'unknown')
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.classid::bigint = ? AND l.objid::bigint <> ?
            """;

    private final AppDatabase database;
    private final Ledger ledger;
    private final int version;
    private final Set<String> reported = new HashSet<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "presence");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable Connection session;

    private Presence(AppDatabase database, Release release, Ledger ledger) {
        this.database = database;
        this.ledger = ledger;
        this.version = release.tag().hashCode() & 0x7fffffff;
    }

    /** Announces this version on the database and begins to look for others. */
    static Presence announce(AppDatabase database, Release release, Ledger ledger) throws SQLException {
        Presence presence = new Presence(database, release, ledger);
        if (database.kind() == AppDatabase.Kind.POSTGRES) {
            presence.look();
            var unused = presence.watch.scheduleWithFixedDelay(presence::lookAgain, 1, 1, TimeUnit.SECONDS);
        }
        return presence;
    }

    private synchronized void look() throws SQLException {
        Connection held = session;
        if (held == null || !held.isValid(2)) {
            held = database.connect();
            session = held;
            try (PreparedStatement lock = held.prepareStatement("SELECT pg_advisory_lock_shared(?, ?)")) {
                lock.setInt(1, CLASS);
                lock.setInt(2, version);
                lock.execute();
            }
        }
        try (PreparedStatement others = held.prepareStatement(OTHERS)) {
            others.setLong(1, CLASS);
            others.setLong(2, version);
            try (ResultSet rows = others.executeQuery()) {
                while (rows.next()) {
                    report(rows.getString(1));
                }
            }
        }
    }

    private void report(String other) {
        if (reported.add(other)) {
            Log.error("standin.presence", "another version is on this database: " + other);
            ledger.append("violation", "also on this database: " + other);
        }
    }

    private void lookAgain() {
        try {
            look();
        } catch (SQLException e) {
            Log.warn("standin.presence", "cannot look for other versions: " + e.getMessage());
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        watch.shutdownNow();
        if (session != null) {
            session.close();
        }
    }
}
