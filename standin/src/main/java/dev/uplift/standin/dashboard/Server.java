/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import liquibase.exception.LiquibaseException;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard's life: listen, then start step by step with the progress that {@code /api/health}
 * shows, serve, stop on SIGTERM.
 */
final class Server {
    private static final String SOURCE = "metabase.core.core";
    private static final double[] PROGRESS_AFTER_MIGRATIONS = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};

    private final Settings settings;
    private final Release release;
    private final Faults faults;
    private final Ledger ledger;
    private volatile @Nullable HttpApi http;
    private volatile @Nullable AppDatabase database;
    private volatile @Nullable Migrations migrations;
    private volatile @Nullable Presence presence;
    private volatile boolean failed;

    Server(Settings settings, Release release, Faults faults, Ledger ledger) {
        this.settings = settings;
        this.release = release;
        this.faults = faults;
        this.ledger = ledger;
    }

    /** Returns when it serves; ends the process with code 1 when the start fails. */
    void run() {
        long began = System.nanoTime();
        Log.info(SOURCE, "Starting Metabase version " + release.tag() + " (" + release.hash() + ") ...");
        if (faults.fires(Fault.EXITS_AT_START)) {
            Runtime.getRuntime().halt(1);
        }
        if (faults.on(Fault.NEEDS_JAVA)) {
            requireJava(Integer.parseInt(faults.argument(Fault.NEEDS_JAVA).orElse("21")));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        try {
            start();
        } catch (Exception e) {
            failed = true;
            ledger.append("failed", String.valueOf(e.getMessage()));
            Log.error(SOURCE, String.valueOf(e));
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                Log.error(SOURCE, "Caused by: " + cause);
            }
            Log.error(SOURCE, "Metabase Initialization FAILED");
            System.exit(1);
        }
        Log.info(
                SOURCE,
                "Metabase Initialization COMPLETE in "
                        + Duration.ofNanos(System.nanoTime() - began).toMillis() + " ms");
        ledger.append("serving", "");
        if (faults.on(Fault.CRASH_AFTER_HEALTHY)) {
            pause(faults.duration(Fault.CRASH_AFTER_HEALTHY, Duration.ofSeconds(2)));
            faults.fires(Fault.CRASH_AFTER_HEALTHY);
            Log.error(SOURCE, "java.lang.OutOfMemoryError: Java heap space");
            Runtime.getRuntime().halt(1);
        }
    }

    private void start() throws IOException, SQLException, LiquibaseException {
        HttpApi api = new HttpApi(
                release,
                faults,
                new InetSocketAddress(
                        settings.text("MB_JETTY_HOST", "localhost"), settings.number("MB_JETTY_PORT", 3000)));
        http = api;
        Log.info(SOURCE, "Launching web server on port " + api.port());
        api.progress(0.1);
        extractBundled(settings.path("MB_PLUGINS_DIR", "plugins"));
        api.progress(0.2);
        AppDatabase db =
                faults.fires(Fault.STARTS_ON_EMPTY_DATABASE) ? AppDatabase.empty() : AppDatabase.of(settings, release);
        database = db;
        presence = connect(db, release, ledger);
        api.progress(0.3);
        migrate(db);
        ledger.append("migrated", "");
        api.progress(PROGRESS_AFTER_MIGRATIONS[0]);
        try (Connection connection = db.pooled()) {
            EncryptedSetting.check(connection, settings.text("MB_ENCRYPTION_SECRET_KEY"));
        }
        Duration slow = faults.fires(Fault.SLOW_START)
                ? faults.duration(Fault.SLOW_START, Duration.ofSeconds(5))
                : Duration.ZERO;
        for (double progress : PROGRESS_AFTER_MIGRATIONS) {
            api.progress(progress);
            pause(slow.dividedBy(PROGRESS_AFTER_MIGRATIONS.length));
        }
        if (faults.fires(Fault.NEVER_HEALTHY)) {
            pause(Duration.ofDays(1));
        }
        api.serve(db, new Rows(db, release.major()));
    }

    private void requireJava(int feature) {
        if (Runtime.version().feature() < feature) {
            faults.fires(Fault.NEEDS_JAVA);
            Log.error(
                    SOURCE,
                    "java.lang.UnsupportedClassVersionError: this release needs Java " + feature + ", this is "
                            + Runtime.version());
            Runtime.getRuntime().halt(1);
        }
    }

    /** Opens the database for this version; on H2 a locked file is written to the ledger. */
    static Presence connect(AppDatabase db, Release release, Ledger ledger) throws SQLException {
        Log.info("db.setup", "Verifying " + db.kind() + " Database Connection ...");
        ledger.database(db.address());
        ledger.append("start", "");
        try (Connection connection = db.connect()) {
            Log.info(
                    "db.setup",
                    "Successfully verified " + connection.getMetaData().getDatabaseProductName() + " "
                            + connection.getMetaData().getDatabaseProductVersion()
                            + " application database connection.");
            ledger.append("found", RowsFingerprint.of(connection));
        } catch (SQLException e) {
            ledger.append(db.kind() == AppDatabase.Kind.H2 ? "locked-out" : "failed", String.valueOf(e.getMessage()));
            throw e;
        }
        return Presence.announce(db, release, ledger);
    }

    private void migrate(AppDatabase db) throws SQLException, LiquibaseException {
        Log.info("db.setup", "Setting up Liquibase...");
        Migrations open =
                new Migrations(db, release, faults, settings.duration("STANDIN_LOCK_WAIT", Duration.ofSeconds(2)));
        migrations = open;
        open.refuseDowngrade();
        if (!settings.flag("MB_DB_AUTOMIGRATE", true)) {
            if (!open.pending().isEmpty()) {
                Log.info("db.setup", "Database Upgrade Required\n\n" + open.pendingSql());
                throw new IllegalStateException("Database requires manual upgrade.");
            }
        } else {
            Log.info("db.setup", "Running Database Migrations...");
            open.up();
            Log.info("db.setup", "Database Migrations Current ... OK");
        }
        migrations = null;
        open.close();
    }

    private void extractBundled(Path plugins) throws IOException {
        Path directory = plugins;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            directory = Files.createTempDirectory("plugins");
            Log.warn("metabase.plugins", "cannot use the plugins directory " + plugins + ", using " + directory);
        }
        try (InputStream in = Server.class.getResourceAsStream("/bundled/sample.metabase-driver.txt")) {
            if (in == null) {
                throw new IllegalStateException("this JAR has no bundled driver");
            }
            Files.copy(in, directory.resolve("sample.metabase-driver.jar"), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(directory.resolve("sample.version"), release.tag() + "\n");
    }

    private void stop() {
        Log.info(SOURCE, "Metabase Shutting Down ...");
        try {
            if (!failed && faults.fires(Fault.IGNORES_SIGTERM)) {
                pause(Duration.ofDays(1));
            }
            if (!failed && faults.fires(Fault.SLOW_STOP)) {
                pause(faults.duration(Fault.SLOW_STOP, Duration.ofSeconds(10)));
            }
            if (http != null) {
                http.stop();
            }
            Migrations open = migrations;
            if (open != null) {
                awaitMigration(open);
                open.release();
            }
            if (presence != null) {
                presence.close();
            }
            if (database != null) {
                database.close();
            }
        } catch (SQLException | InterruptedException e) {
            Log.error(SOURCE, "the stop was not clean: " + e);
        }
        ledger.append("stop", failed ? "failed" : "");
        Log.info(SOURCE, "Metabase Shutdown COMPLETE");
    }

    /** As Metabase does: a stop gives a migration time to end by itself. */
    private void awaitMigration(Migrations open) throws InterruptedException {
        long deadline = System.nanoTime()
                + settings.duration("STANDIN_SHUTDOWN_WAIT", Duration.ofSeconds(20))
                        .toNanos();
        while (!failed && open.running() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
    }

    static void pause(Duration length) {
        try {
            Thread.sleep(length.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
