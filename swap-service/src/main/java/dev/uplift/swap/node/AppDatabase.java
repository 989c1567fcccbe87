package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Host;
import dev.uplift.profile.DatabaseRules;
import dev.uplift.profile.Migrations;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;

/** The application's database, seen from outside the application. */
public sealed interface AppDatabase permits PostgresAppDatabase, H2AppDatabase {

    /** The database of an installation, reached from {@code host}, which also keeps its password or its file. */
    static AppDatabase of(Host host, DatabaseSpec spec, DatabaseRules rules) {
        Optional<Migrations> migrations = Optional.ofNullable(rules.migrations());
        return switch (spec) {
            case DatabaseSpec.PostgreSql server -> new PostgresAppDatabase(host, server, migrations);
            case DatabaseSpec.H2 file -> new H2AppDatabase(host, file);
        };
    }

    /** Who works on it besides us, in one line; empty: nobody does. */
    Optional<String> users() throws IOException, SQLException;

    /** Rows of the changelog: they grow while migrations run. Empty: cannot be told. */
    OptionalLong migrations() throws IOException, SQLException;

    /** That a migration lock is held, and by whom, in one line; empty: none is, or it cannot be told. */
    Optional<String> migrationLock() throws IOException, SQLException;
}
