/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.Route;
import dev.uplift.host.Secrets;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.Migrations;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database of a PostgreSQL server. Every look opens a connection of its own and leaves none behind; behind a pooler the
 * server's side of it is the next client's, and is as it was before.
 */
record PostgresAppDatabase(
        Host keeper,
        Route route,
        DatabaseSpec.PostgreSql spec,
        Optional<Migrations> rules,
        @Nullable Launch launch) implements AppDatabase {
    private static final String OUR_NAME = "uplift-swap";
    private static final int CONNECT_SECONDS_MAX = 5;
    private static final int ANSWER_SECONDS_MAX = 10;
    private static final String SERVER_VERSION_MIN = "12";

    /** The name is unique on the server, and unlike the oid it is kept by a restore into a new database. */
    private static final String ID =
            "SELECT 'postgresql:' || system_identifier || '/' || current_database() FROM pg_control_system()";

    /** What every role may ask, also one that may not ask for that: since when the server has run. */
    private static final String ID_OF_RUN = "SELECT 'postgresql-run:'"
            + " || to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS.US')"
            + " || '/' || current_database()";

    private static final Set<String> NOT_TOLD = Set.of("42501", "42883");

    private static final String LOCK = "SELECT pg_try_advisory_xact_lock(?)";

    /** Background workers of the server itself have no user. */
    private static final String SESSIONS = """
        SELECT count(*), coalesce(string_agg(DISTINCT coalesce(nullif(application_name, ''), 'unnamed'), ', '), '')
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
          AND (backend_type IS NULL OR backend_type = 'client backend')
          AND application_name NOT LIKE 'uplift-%'
        """;

    /** Of other roles the database is shown, and nothing of the client. */
    private static final String ALL_SESSIONS = """
        SELECT datname, datname = current_database(), host(client_addr), client_port
        FROM pg_stat_activity
        WHERE datname IS NOT NULL AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
          AND (backend_type IS NULL OR backend_type = 'client backend')
          AND application_name NOT LIKE 'uplift-%'
        """;

    private static final String SERVER =
            "SELECT coalesce(inet_server_port(), 0), pg_backend_pid(), to_regclass(?)," + " host(inet_server_addr())";

    @Override
    public Optional<DatabaseSeen> id() throws IOException, SQLException {
        try (Look look = look();
                Statement statement = look.connection().createStatement()) {
            String runId = text(statement, ID_OF_RUN);
            try {
                return Optional.of(new DatabaseSeen(text(statement, ID), List.of(), runId));
            } catch (SQLException e) {
                if (!NOT_TOLD.contains(e.getSQLState())) {
                    throw e;
                }
                return Optional.of(new DatabaseSeen(runId, List.of(), runId));
            }
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1).replaceAll("\\p{Cntrl}", "?");
        }
    }

    /** A lock that is taken one way is not to be had the other way: it belongs to one database of one server. */
    @Override
    public boolean isSame(AppDatabase other) throws IOException, SQLException {
        if (!(other instanceof PostgresAppDatabase server)) {
            return false;
        }
        long key = ThreadLocalRandom.current().nextLong();
        try (Look here = look();
                Look there = server.look()) {
            return locks(here.connection(), key) && !locks(there.connection(), key);
        }
    }

    @Override
    public DatabaseUse usedBy(Node node) throws IOException, SQLException, InterruptedException {
        Set<TcpConnection> connections = node.data().connections();
        String table = rules.map(Migrations::changelogTable).orElse(null);
        try (Look look = look();
                PreparedStatement server = look.connection().prepareStatement(SERVER)) {
            server.setString(1, table);
            try (ResultSet row = server.executeQuery()) {
                row.next();
                if (table != null && row.getString(3) == null) {
                    return new DatabaseUse.Refuted(
                            "it has no table " + table + ", as the one that the application works on must have");
                }
                String address = row.getString(4);
                // A pooler makes up the process id that it greets with.
                boolean pooled = row.getInt(2)
                        != look.connection().unwrap(PGConnection.class).getBackendPID();
                return new ServerSessions(
                                address == null ? null : InetAddress.ofLiteral(address),
                                row.getInt(1),
                                pooled,
                                sessions(look.connection()))
                        .use(connections, spec.port(), addresses(node));
            }
        }
    }

    private static List<ServerSessions.Session> sessions(Connection connection) throws SQLException {
        List<ServerSessions.Session> sessions = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ALL_SESSIONS)) {
            while (row.next()) {
                String client = row.getString(3);
                int port = row.getInt(4);
                sessions.add(new ServerSessions.Session(
                        row.getString(1),
                        row.getBoolean(2),
                        client == null || port <= 0
                                ? null
                                : new InetSocketAddress(InetAddress.ofLiteral(client), port)));
            }
        }
        return sessions;
    }

    /** What the server's name means where the node is, as far as that is known here. */
    private Set<InetAddress> addresses(Node node) {
        try {
            boolean ours = node.spec() instanceof NodeSpec.InDirectory
                    && node.host().name().equals(NodeSpec.LOCAL);
            if (ours || spec.host().equals("localhost")) {
                return Set.copyOf(List.of(InetAddress.getAllByName(spec.host())));
            }
            return Set.of(InetAddress.ofLiteral(spec.host()));
        } catch (UnknownHostException | IllegalArgumentException e) {
            return Set.of();
        }
    }

    /** Until the look is over. */
    private static boolean locks(Connection connection, long key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.setLong(1, key);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    @Override
    public Optional<String> users() throws IOException, SQLException {
        try (Look look = look();
                Statement statement = look.connection().createStatement();
                ResultSet row = statement.executeQuery(SESSIONS)) {
            row.next();
            long count = row.getLong(1);
            return count == 0
                    ? Optional.empty()
                    : Optional.of("database " + spec.database() + " has " + count + " other session(s): "
                            + row.getString(2).replaceAll("\\p{Cntrl}", "?"));
        }
    }

    @Override
    public OptionalLong migrations() throws IOException, SQLException {
        if (rules.isEmpty()) {
            return OptionalLong.empty();
        }
        try (Look look = look();
                Statement statement = look.connection().createStatement();
                ResultSet row = statement.executeQuery(rules.get().progressQuery())) {
            return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
        }
    }

    @Override
    public OptionalInt dataMajor() throws IOException, SQLException {
        String query = rules.map(Migrations::majorQuery).orElse(null);
        if (query == null) {
            return OptionalInt.empty();
        }
        try (Look look = look();
                Statement statement = look.connection().createStatement();
                ResultSet row = statement.executeQuery(query)) {
            if (!row.next()) {
                return OptionalInt.empty();
            }
            int major = row.getInt(1);
            return row.wasNull() ? OptionalInt.empty() : OptionalInt.of(major);
        }
    }

    @Override
    public Optional<String> migrationLock() throws IOException, SQLException {
        String query = rules.map(Migrations::lockQuery).orElse(null);
        if (query == null) {
            return Optional.empty();
        }
        try (Look look = look();
                Statement statement = look.connection().createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next()
                    ? Optional.of("a migration lock is held by "
                            + String.valueOf(row.getString(1)).replaceAll("\\p{Cntrl}", "?"))
                    : Optional.empty();
        }
    }

    private Look look() throws IOException, SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        InetSocketAddress server = route.to(spec.host(), spec.port());
        source.setServerNames(new String[] {server.getHostString()});
        source.setPortNumbers(new int[] {server.getPort()});
        source.setDatabaseName(spec.database());
        source.setUser(spec.user());
        if (launch != null) {
            source.setPassword(launch.secrets().get(LaunchSettings.DATABASE_PASSWORD));
        } else if (spec.passwordRef() != null) {
            source.setPassword(Secrets.resolve(keeper, spec.passwordRef()).reveal());
        }
        if (spec.searchPath() != null) {
            source.setCurrentSchema(spec.searchPath());
        }
        source.setApplicationName(OUR_NAME);
        source.setConnectTimeout(CONNECT_SECONDS_MAX);
        source.setLoginTimeout(CONNECT_SECONDS_MAX);
        source.setSocketTimeout(ANSWER_SECONDS_MAX);
        // Our name is then sent with the login, and no statement gets one: a pooler's connection would keep both.
        source.setAssumeMinServerVersion(SERVER_VERSION_MIN);
        source.setPrepareThreshold(0);
        Connection connection = source.getConnection();
        try {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            return new Look(connection);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** A connection whose statements are one transaction, which may not write and is rolled back. */
    private record Look(Connection connection) implements AutoCloseable {
        @Override
        public void close() throws SQLException {
            try (connection) {
                connection.rollback();
            }
        }
    }
}
