package dev.uplift.artifact.testing;

import dev.uplift.messaging.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** The tables of this service in one database: to make them anew for each of many tests would take longer than the tests. */
final class SourceDatabase {
    private static final DataSource SHARED = TestDatabase.create("db/messaging", "db/artifact");

    private SourceDatabase() {}

    /** Empty: for one test at a time. */
    static DataSource empty() {
        try (Connection connection = SHARED.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("TRUNCATE source");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return SHARED;
    }
}
