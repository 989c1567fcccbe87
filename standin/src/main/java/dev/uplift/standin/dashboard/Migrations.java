/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;
import liquibase.exception.LockException;
import liquibase.lockservice.LockService;
import liquibase.lockservice.LockServiceFactory;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.resource.ResourceAccessor;
import liquibase.sql.Sql;
import liquibase.sqlgenerator.SqlGeneratorFactory;

/** The schema of the application database, by Liquibase. One use at a time; {@link #release} from any thread. */
final class Migrations implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("v(\\d+)\\..*");
    private static final int LOCK_LOOKS = 5;
    private static final int FLOOR_MAJOR = 44;

    private final AppDatabase appDatabase;
    private final Release release;
    private final Faults faults;
    private final Duration lockPause;
    private final Database database;
    private final LockService lock;
    private final Liquibase liquibase;
    private volatile boolean locked;

    Migrations(AppDatabase appDatabase, Release release, Faults faults, Duration lockPause)
            throws SQLException, LiquibaseException {
        this.appDatabase = appDatabase;
        this.release = release;
        this.faults = faults;
        this.lockPause = lockPause;
        database = DatabaseFactory.getInstance()
                .findCorrectDatabaseImplementation(new JdbcConnection(appDatabase.connect()));
        lock = LockServiceFactory.getInstance().getLockService(database);
        lock.setChangeLogLockWaitTime(0);
        ResourceAccessor resources = new ClassLoaderResourceAccessor(Migrations.class.getClassLoader());
        liquibase = new Liquibase(Changelog.upTo(release.major(), database, resources, faults), resources, database);
    }

    /** The highest major among the applied changesets; 0 for an empty database. */
    int databaseMajor() throws SQLException {
        int major = 0;
        for (int each : appliedMajors()) {
            major = Math.max(major, each);
        }
        return major;
    }

    private List<Integer> appliedMajors() throws SQLException {
        List<Integer> majors = new ArrayList<>();
        try (Connection connection = appDatabase.connect()) {
            if (!hasTable(connection, "databasechangelog")) {
                return majors;
            }
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT id FROM databasechangelog")) {
                while (rows.next()) {
                    Matcher matcher = ID.matcher(rows.getString(1));
                    if (matcher.matches()) {
                        majors.add(Integer.parseInt(matcher.group(1)));
                    }
                }
            }
        }
        return majors;
    }

    private static boolean hasTable(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM information_schema.tables WHERE lower(table_name) = ?"
                        + " AND lower(table_schema) = lower(current_schema)")) {
            statement.setString(1, name);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    /** Throws if the database is of a newer major than this JAR. */
    void refuseDowngrade() throws SQLException {
        int major = databaseMajor();
        if (major > release.major()) {
            throw new IllegalStateException("""
                    ERROR: Downgrade detected.

                    Your metabase instance appears to have been downgraded without a corresponding database downgrade.

                    You must run `java -jar metabase.jar migrate down` from version %d.

                    Once your database has been downgraded, try running the application again.
                    """.formatted(major));
        }
    }

    List<ChangeSet> pending() throws LiquibaseException {
        return liquibase.listUnrunChangeSets(new Contexts(), new LabelExpression());
    }

    /** The SQL that {@link #up} would run. */
    String pendingSql() throws LiquibaseException {
        StringBuilder sql = new StringBuilder();
        for (ChangeSet set : pending()) {
            sql.append("-- ").append(set.getId()).append('\n');
            for (Change change : set.getChanges()) {
                for (Sql statement : SqlGeneratorFactory.getInstance().generateSql(change, database)) {
                    sql.append(statement.toSql())
                            .append(statement.getEndDelimiter())
                            .append('\n');
                }
            }
        }
        return sql.toString();
    }

    /**
     * Applies what is pending, under the lock.
     *
     * @throws LockException if another holds the lock for five looks
     */
    void up() throws LiquibaseException, SQLException {
        if (pending().isEmpty()) {
            Log.info("db.setup", "Database has no unrun migrations");
            return;
        }
        List.of(Fault.MIGRATION_SLOW, Fault.MIGRATION_LOSES_ROWS, Fault.MIGRATION_HANGS, Fault.MIGRATION_FAILS)
                .forEach(faults::fires);
        underLock(() -> liquibase.update(new Contexts(), new LabelExpression()));
    }

    /** Applies what is pending without regard to the lock; a changeset that fails is only warned about. */
    void force() throws LiquibaseException, SQLException {
        releaseAnyLock();
        pending().forEach(change -> change.setFailOnError(false));
        up();
    }

    /** Rolls back to the major before this JAR's. */
    void down() throws LiquibaseException, SQLException {
        int target = release.major() - 1;
        if (target < FLOOR_MAJOR) {
            throw new IllegalArgumentException("Cannot migrate down below major " + FLOOR_MAJOR);
        }
        if (faults.fires(Fault.DOWN_WITHOUT_EFFECT)) {
            return;
        }
        int count =
                (int) appliedMajors().stream().filter(major -> major > target).count();
        if (count == 0) {
            Log.info("db.liquibase", "Nothing to roll back: the database is at major " + databaseMajor());
            return;
        }
        underLock(() -> {
            if (faults.fires(Fault.DOWN_SLOW)) {
                Server.pause(faults.duration(Fault.DOWN_SLOW, Duration.ofSeconds(5)));
            }
            liquibase.rollback(count, new Contexts(), new LabelExpression());
        });
    }

    /** Removes whoever's lock there is. */
    void releaseAnyLock() throws LiquibaseException {
        lock.init();
        lock.forceReleaseLock();
    }

    private void underLock(Work work) throws LiquibaseException, SQLException {
        lock.init();
        if (faults.fires(Fault.LOCK_HELD)) {
            lockAsSomebodyElse();
        }
        acquire();
        locked = true;
        try {
            work.run();
        } finally {
            lock.releaseLock();
            locked = false;
        }
    }

    private void acquire() throws LockException {
        for (int look = 1; look <= LOCK_LOOKS; look++) {
            if (lock.acquireLock()) {
                return;
            }
            Log.info("db.liquibase", "Waiting for migration lock to be cleared...");
            try {
                // As Metabase does: nothing tells that another process has freed its lock.
                Thread.sleep(lockPause.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LockException(e);
            }
        }
        throw new LockException("Database has migration lock; cannot run migrations. You can force-release these locks"
                + " by running `java -jar metabase.jar migrate release-locks`.");
    }

    private void lockAsSomebodyElse() throws SQLException {
        try (Connection connection = appDatabase.connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE databasechangeloglock SET locked = TRUE,"
                    + " lockgranted = CURRENT_TIMESTAMP, lockedby = 'another-host (10.0.0.9)' WHERE id = 1");
        }
    }

    /** Frees the lock if this process holds it, even while a migration hangs. */
    void release() throws SQLException {
        if (locked) {
            try (Connection connection = appDatabase.connect();
                    Statement statement = connection.createStatement()) {
                statement.executeUpdate("UPDATE databasechangeloglock SET locked = FALSE, lockgranted = NULL,"
                        + " lockedby = NULL WHERE id = 1");
            }
            Log.info("db.liquibase", "Released the migration lock");
        }
    }

    boolean running() {
        return locked;
    }

    @Override
    public void close() throws LiquibaseException {
        liquibase.close();
    }

    private interface Work {
        void run() throws LiquibaseException;
    }
}
