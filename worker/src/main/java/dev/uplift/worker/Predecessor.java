/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.messaging.OneLine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over at once what a process of the same instance name was working at when it died: a restart
 * does not wait for its own leases to end.
 *
 * <p>That it died is known from a lock that PostgreSQL keeps for as long as a process's connection lives.
 * Where the lock is not free, because another process has the same name or the server has not yet
 * noticed the death, the leases decide as for any other process. A process that lost its connection but
 * lives may be taken over too: its answer is dropped, and the fence refuses what it still does.
 */
final class Predecessor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Predecessor.class);
    private static final String LOCK = "SELECT pg_try_advisory_lock(hashtextextended('uplift-instance-' || ?, 0))";
    private static final String TAKE_OVER = """
            UPDATE scheduled_tasks SET picked = false, picked_by = NULL, last_heartbeat = NULL, version = version + 1
            WHERE picked AND picked_by = ?
            """;

    private final @Nullable Connection connection;

    private Predecessor(@Nullable Connection connection) {
        this.connection = connection;
    }

    /** Makes what the last process of this name had begun due again; holds the name until it is closed. */
    static Predecessor takeOver(DataSource dataSource, String instance) {
        Connection connection = null;
        try {
            connection = dataSource.getConnection();
            if (locks(connection, instance)) {
                int begun = release(connection, instance);
                if (begun > 0) {
                    LOG.info("{} installations were being worked at when {} ended: going on", begun, instance);
                }
                return new Predecessor(connection);
            }
            LOG.warn(
                    "the instance name {} is in use: what it works at is taken over only when its leases end."
                            + " Give each replica a name of its own (uplift.instance)",
                    instance);
        } catch (SQLException e) {
            LOG.warn("what {} may have begun is taken over only when its leases end: {}", instance, OneLine.of(e));
        }
        close(connection);
        return new Predecessor(null);
    }

    private static boolean locks(Connection connection, String instance) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.setString(1, instance);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static int release(Connection connection, String instance) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TAKE_OVER)) {
            statement.setString(1, instance);
            return statement.executeUpdate();
        }
    }

    /** Gives the name free. */
    @Override
    public void close() {
        close(connection);
    }

    private static void close(@Nullable Connection connection) {
        if (connection == null) {
            return;
        }
        try (connection) {
            try (PreparedStatement statement = connection.prepareStatement("SELECT pg_advisory_unlock_all()")) {
                statement.execute();
            }
        } catch (SQLException e) {
            LOG.debug("the connection that held the instance name was lost: {}", OneLine.of(e));
        }
    }
}
