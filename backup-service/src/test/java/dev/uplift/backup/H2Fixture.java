/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.NodeSpec;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.h2.Driver;
import org.jspecify.annotations.Nullable;

/** A real H2 file beside an application's JAR that brings H2. */
final class H2Fixture {
    static final Path H2_JAR = Path.of(
            Driver.class.getProtectionDomain().getCodeSource().getLocation().getPath());

    final Path application;
    final Path file;
    final Fixture fixture;
    private final H2Processes processes;
    private final String host;
    private final List<HostSpec> hosts;

    H2Fixture(Path directory) throws Exception {
        this(directory, null, new H2Processes(directory.resolve("home/h2"), Clock.systemUTC()));
    }

    /**
     * @param host which is this machine in truth; absent: the local one
     * @param processes of the service, which may work for others too
     */
    H2Fixture(Path directory, @Nullable HostSpec host, H2Processes processes) throws Exception {
        this.processes = processes;
        this.application =
                Files.createDirectories(directory.resolve("application")).toRealPath();
        this.file = application.resolve("metabase.db.mv.db");
        Files.copy(H2_JAR, application.resolve(Fixture.JAR));
        run(
                "CREATE TABLE t (id IDENTITY PRIMARY KEY, text VARCHAR)",
                "INSERT INTO t (text) SELECT 'row ' || x FROM SYSTEM_RANGE(1, 500)");
        this.host = host == null ? NodeSpec.LOCAL : host.name();
        this.hosts = host == null ? List.of() : List.of(host);
        this.fixture = withPath(directory.resolve("home"), file.toString());
    }

    /** The same application with another path of its database. */
    Fixture withPath(Path home, String path) throws Exception {
        Fixture made = new Fixture(
                home, application, new DatabaseSpec.H2(host, path, null, null), UUID.randomUUID(), processes);
        made.hosts = hosts;
        return made;
    }

    /** The same application with another home of the backups. */
    Fixture withHome(Path home) throws Exception {
        return withPath(home, file.toString());
    }

    /** Puts H2 into the application's JAR as Spring Boot does. */
    void nest() throws Exception {
        Path jar = application.resolve(Fixture.JAR);
        Files.delete(jar);
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            entries.putNextEntry(new ZipEntry("BOOT-INF/lib/h2-2.3.232.jar"));
            Files.copy(H2_JAR, entries);
            entries.closeEntry();
        }
    }

    Connection connect() throws SQLException {
        String name = file.toString().replaceFirst("\\.mv\\.db$", "");
        // Not by the DriverManager, which knows the drivers of whichever class loader asked it first.
        Properties nobody = new Properties();
        nobody.setProperty("user", "");
        nobody.setProperty("password", "");
        return Objects.requireNonNull(new Driver().connect("jdbc:h2:file:" + name, nobody));
    }

    void run(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Everything in it as statements; the file is closed again afterwards. */
    List<String> script() throws SQLException {
        List<String> statements = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            try (var rows = statement.executeQuery("SCRIPT")) {
                while (rows.next()) {
                    statements.add(rows.getString(1));
                }
            }
            statement.execute("SHUTDOWN IMMEDIATELY");
        }
        return statements;
    }

    int count() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM t")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
