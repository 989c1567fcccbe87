/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LocalHost;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An application whose tables are in a schema that its connection URL names. */
class SearchPathTest {
    private static final Host HOST = new LocalHost();

    @Test
    void whoLooksLooksWhereTheApplicationDoes() throws Exception {
        Profile profile = Profiles.load(Optional.empty()).byName("metabase").orElseThrow();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA mb");
            statement.execute("CREATE TABLE mb.databasechangelog (id text)");
            statement.execute("INSERT INTO mb.databasechangelog VALUES ('v50.2024-01-01'), ('v51.2024-05-13')");
            statement.execute(
                    "CREATE TABLE mb.databasechangeloglock (lockedby text, lockgranted text, locked boolean)");
            statement.execute("INSERT INTO mb.databasechangeloglock VALUES ('somebody', 'today', TRUE)");
            for (String parameter : List.of("currentSchema=mb", "options=-c%20search_path%3Dmb")) {
                AppDatabase database = database(profile, postgres.getPort(), parameter);

                assertThat(database.migrationLock()).as(parameter).contains("a migration lock is held by somebody");
                assertThat(database.migrations()).hasValue(2);
                assertThat(database.dataMajor()).hasValue(51);
            }
        }
    }

    private static AppDatabase database(Profile profile, int port, String parameter) {
        Launch launch = new Launch(
                List.of("java", "-jar", "metabase.jar"),
                Map.of(
                        "MB_DB_CONNECTION_URI",
                        "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres&" + parameter),
                0,
                0,
                List.of(),
                "",
                "/srv/metabase",
                "/usr/bin/java",
                "/srv/metabase/x.log",
                Map.of(),
                null,
                null);
        NodeDatabase.Supported found = (NodeDatabase.Supported) NodeDatabase.of(HOST, "node-1", profile, launch);
        DatabaseSpec.PostgreSql spec = (DatabaseSpec.PostgreSql) found.spec();
        return AppDatabase.of(HOST, HOST::reach, spec, profile.database(), null);
    }
}
