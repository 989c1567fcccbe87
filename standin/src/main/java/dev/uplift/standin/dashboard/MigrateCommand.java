/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import liquibase.exception.LiquibaseException;

/** {@code migrate <direction>}: 0 when it worked, 1 with {@code Command failed with exception: ...} when not. */
final class MigrateCommand {
    private final Settings settings;
    private final Release release;
    private final Faults faults;
    private final Ledger ledger;

    MigrateCommand(Settings settings, Release release, Faults faults, Ledger ledger) {
        this.settings = settings;
        this.release = release;
        this.faults = faults;
        this.ledger = ledger;
    }

    int run(Optional<String> direction) {
        String wanted = direction.orElse("up");
        try {
            AppDatabase database = AppDatabase.of(settings, release);
            ledger.database(database.address());
            ledger.append("command", "migrate " + wanted);
            try {
                on(database, wanted);
            } finally {
                database.close();
                ledger.append("stop", "migrate " + wanted);
            }
            return 0;
        } catch (SQLException | LiquibaseException | RuntimeException e) {
            System.out.println("Command failed with exception: " + e.getMessage());
            return 1;
        }
    }

    private void on(AppDatabase database, String direction) throws SQLException, LiquibaseException {
        Presence presence = Server.connect(database, release, ledger);
        Migrations migrations = new Migrations(
                database, release, faults, settings.duration("STANDIN_LOCK_WAIT", Duration.ofSeconds(2)));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> freeLock(migrations), "free-lock"));
        try {
            switch (direction) {
                case "up" -> {
                    migrations.refuseDowngrade();
                    migrations.up();
                }
                case "force" -> migrations.force();
                case "down" -> {
                    migrations.refuseDowngrade();
                    migrations.down();
                }
                case "down-force" -> migrations.down();
                case "print" -> System.out.println(migrations.pendingSql());
                case "release-locks" -> migrations.releaseAnyLock();
                default ->
                    throw new IllegalArgumentException("Invalid direction: " + direction
                            + ". Use one of up, force, down, down-force, print, release-locks.");
            }
        } finally {
            migrations.close();
            presence.close();
        }
        System.out.println("Migration command " + direction + " completed.");
    }

    private static void freeLock(Migrations migrations) {
        try {
            migrations.release();
        } catch (SQLException e) {
            Log.error("db.liquibase", "the migration lock could not be freed: " + e.getMessage());
        }
    }
}
