package dev.uplift.backup;

import dev.uplift.contract.DatabaseSpec;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.h2.Driver;

/** A real H2 file beside an application's JAR that brings H2. */
final class H2Fixture {
    static final Path H2_JAR = Path.of(
            Driver.class.getProtectionDomain().getCodeSource().getLocation().getPath());

    final Path application;
    final Path file;
    final Fixture fixture;

    H2Fixture(Path directory) throws Exception {
        this.application =
                Files.createDirectories(directory.resolve("application")).toRealPath();
        this.file = application.resolve("metabase.db.mv.db");
        Files.copy(H2_JAR, application.resolve(Fixture.JAR));
        run(
                "CREATE TABLE t (id IDENTITY PRIMARY KEY, text VARCHAR)",
                "INSERT INTO t (text) SELECT 'row ' || x FROM SYSTEM_RANGE(1, 500)");
        this.fixture = new Fixture(
                directory.resolve("home"), application, new DatabaseSpec.H2("local", file.toString(), null, null));
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
        return DriverManager.getConnection("jdbc:h2:file:" + name, "", "");
    }

    void run(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
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
