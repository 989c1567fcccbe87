/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.standin.dashboard.RowsFingerprint;
import dev.uplift.systemtests.Dashboard.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A backup in the store, looked into without the product. */
record StoredBackup(Product product, Path directory) {

    /** The one that this saga took. */
    static StoredBackup of(Product product, UpgradeStatus ended) {
        return new StoredBackup(
                product,
                product.home()
                        .resolve("backups")
                        .resolve(ended.installationId().toString())
                        .resolve(requireNonNull(ended.backup()).id().toString()));
    }

    /** {@link RowsFingerprint} of the rows in it. */
    String rows(Store store) throws IOException, SQLException, InterruptedException {
        return switch (store) {
            case H2 -> rowsOfH2();
            case POSTGRESQL -> rows("127.0.0.1", product.status().postgresPort(), product.password("postgres"));
        };
    }

    /**
     * The same of a backup of PostgreSQL, by means of the server there: that of the application, because another one
     * may not know all that its dumps hold.
     *
     * @param password of the superuser {@code postgres}
     */
    String rows(String host, int port, String password) throws IOException, SQLException, InterruptedException {
        String server = "jdbc:postgresql://" + host + ":" + port + "/";
        String scratch = "scratch-" + UUID.randomUUID();
        try (Connection admin = DriverManager.getConnection(server + "postgres", "postgres", password);
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE \"" + scratch + "\"");
            try {
                ProcessBuilder restore = new ProcessBuilder(
                                "pg_restore",
                                "--no-owner",
                                "--no-privileges",
                                "--exit-on-error",
                                "--host=" + host,
                                "--port=" + port,
                                "--username=postgres",
                                "--dbname=" + scratch,
                                directory.resolve("data").toString())
                        .inheritIO();
                restore.environment().put("PGPASSWORD", password);
                Process process = restore.start();
                if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    process.destroyForcibly();
                    throw new IllegalStateException("pg_restore could not restore " + directory);
                }
                try (Connection restored = DriverManager.getConnection(server + scratch, "postgres", password)) {
                    return RowsFingerprint.of(restored);
                }
            } finally {
                statement.execute("DROP DATABASE \"" + scratch + "\" WITH (FORCE)");
            }
        }
    }

    private String rowsOfH2() throws IOException, SQLException {
        Path scratch = Files.createTempDirectory("uplift-stored-backup-");
        Path copy = scratch.resolve("database.mv.db");
        try {
            Files.copy(directory.resolve("data/database.mv.db"), copy);
            try (Connection connection =
                    DriverManager.getConnection("jdbc:h2:file:" + scratch.resolve("database") + ";IFEXISTS=TRUE")) {
                return RowsFingerprint.of(connection);
            }
        } finally {
            Files.deleteIfExists(copy);
            Files.deleteIfExists(scratch.resolve("database.trace.db"));
            Files.deleteIfExists(scratch);
        }
    }
}
