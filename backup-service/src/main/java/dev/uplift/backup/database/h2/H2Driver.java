package dev.uplift.backup.database.h2;

import dev.uplift.backup.step.StepFailedException;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The H2 that an application's own JAR brings: the one version that is sure to read the application's
 * file. It is loaded apart from everything else in this process.
 */
final class H2Driver implements AutoCloseable {
    private static final Pattern NESTED = Pattern.compile("(BOOT-INF|WEB-INF)/lib/h2-[0-9][^/]*\\.jar");
    private static final Pattern TABLE = Pattern.compile("\\s*CREATE (CACHED |MEMORY )?TABLE ");
    private static final long NESTED_BYTES_MAX = 64L << 20;
    private static final int ROWS_BETWEEN_POLLS = 1000;

    private final URLClassLoader loader;
    private final Driver driver;
    private final String version;

    private H2Driver(URLClassLoader loader) throws ReflectiveOperationException {
        this.loader = loader;
        this.driver = Class.forName("org.h2.Driver", true, loader)
                .asSubclass(Driver.class)
                .getDeclaredConstructor()
                .newInstance();
        int build = Class.forName("org.h2.engine.Constants", true, loader)
                .getField("BUILD_ID")
                .getInt(null);
        this.version = driver.getMajorVersion() + "." + driver.getMinorVersion() + "." + build;
    }

    /**
     * Loads the H2 of an application.
     *
     * @param directory where a JAR within the JAR is extracted to; made if needed
     * @throws StepFailedException BACKUP_FAILED if the JAR brings none
     */
    static H2Driver of(Path jar, Path directory) throws IOException {
        URL url = locate(jar, directory)
                .orElseThrow(() -> StepFailedException.refused(
                        ErrorCode.BACKUP_FAILED,
                        jar + " brings no H2, neither among its classes nor as BOOT-INF/lib/h2-*.jar,"
                                + " so that a copy of its database cannot be proven"));
        URLClassLoader loader = new URLClassLoader(new URL[] {url}, ClassLoader.getPlatformClassLoader());
        try {
            return new H2Driver(loader);
        } catch (ReflectiveOperationException | LinkageError e) {
            loader.close();
            throw StepFailedException.refused(
                    ErrorCode.BACKUP_FAILED, "the H2 that " + jar + " brings cannot be loaded: " + e, e);
        }
    }

    String version() {
        return version;
    }

    /**
     * Opens a copy of a database as the application would, and reads all of it.
     *
     * @param database the file without its {@code .mv.db}
     * @param poll called now and then; may throw to give up
     * @return how many tables it has. H2 takes a file for empty in which it finds no whole chunk
     */
    long readWhole(Path database, @Nullable String user, @Nullable Secret password, Runnable poll) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user == null ? "" : user);
        properties.setProperty("password", password == null ? "" : password.reveal());
        String url = "jdbc:h2:file:" + database
                + ";IFEXISTS=TRUE;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;CACHE_SIZE=16384";
        try (Connection connection = driver.connect(url, properties);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SCRIPT")) {
            long lines = 0;
            long tables = 0;
            while (rows.next()) {
                if (TABLE.matcher(String.valueOf(rows.getString(1))).lookingAt()) {
                    tables++;
                }
                if (++lines % ROWS_BETWEEN_POLLS == 0) {
                    poll.run();
                }
            }
            return tables;
        }
    }

    /** Forgets the classes again. */
    @Override
    public void close() throws IOException {
        try {
            Class.forName("org.h2.Driver", true, loader).getMethod("unload").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IOException("H2 cannot be unloaded", e);
        } finally {
            loader.close();
        }
    }

    private static Optional<URL> locate(Path jar, Path directory) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            if (file.getEntry("org/h2/Driver.class") != null) {
                return Optional.of(jar.toUri().toURL());
            }
            Optional<JarEntry> nested = file.stream()
                    .filter(entry -> NESTED.matcher(entry.getName()).matches())
                    .findFirst();
            if (nested.isEmpty()) {
                return Optional.empty();
            }
            BackupFiles.createDirectories(directory);
            Path extracted = directory.resolve("h2.jar");
            try (InputStream in = file.getInputStream(nested.get())) {
                DurableFiles.copy(in, extracted, NESTED_BYTES_MAX, DurableFiles.OWNER_ONLY, bytes -> {});
            }
            return Optional.of(extracted.toUri().toURL());
        }
    }
}
