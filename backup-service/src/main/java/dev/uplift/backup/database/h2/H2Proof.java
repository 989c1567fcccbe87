/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.Properties;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * What is run in a process of its own, with an application's H2 and nothing else beside it. It reads a database of its
 * own making first, so that it is quick from then on, and prints the version of the H2. Then it reads questions from
 * its input, each in base64 on three lines: the URL, the user and the password of a database. It opens that, reads all
 * of it, and prints how many tables it has, or the number of H2's error. It ends with its input, also in the middle of
 * a question: so it does not outlive who asks. It ends, too, when nobody asks for half an hour.
 */
final class H2Proof {
    /** Before the number of tables. */
    static final String TABLES = "tables ";

    /** Before the number of H2's error. */
    static final String ERROR = "error ";

    /** Begins the name of the database that it makes for itself. */
    static final String WARM_UP = "warm-up";

    private static final long IDLE_MINUTES_MAX = 30;
    private static final Pattern TABLE = Pattern.compile("\\s*CREATE (CACHED |MEMORY )?TABLE ");

    private H2Proof() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        LinkedBlockingQueue<String> questions = new LinkedBlockingQueue<>();
        Thread.ofPlatform().daemon().start(() -> readInto(questions));
        Driver driver = Class.forName("org.h2.Driver")
                .asSubclass(Driver.class)
                .getDeclaredConstructor()
                .newInstance();
        int build =
                Class.forName("org.h2.engine.Constants").getField("BUILD_ID").getInt(null);
        warmUp(driver);
        answers.println(driver.getMajorVersion() + "." + driver.getMinorVersion() + "." + build);

        String url = questions.poll(IDLE_MINUTES_MAX, TimeUnit.MINUTES);
        while (url != null) {
            Properties properties = new Properties();
            properties.setProperty("user", text(questions.take()));
            properties.setProperty("password", text(questions.take()));
            try {
                answers.println(TABLES + tables(driver, text(url), properties));
            } catch (SQLException e) {
                answers.println(ERROR + e.getErrorCode());
            }
            url = questions.poll(IDLE_MINUTES_MAX, TimeUnit.MINUTES);
        }
    }

    private static long tables(Driver driver, String url, Properties properties) throws SQLException {
        Connection connection = driver.connect(url, properties);
        try {
            return tables(connection);
        } finally {
            shutDown(connection);
        }
    }

    private static long tables(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SCRIPT")) {
            long tables = 0;
            while (rows.next()) {
                if (TABLE.matcher(String.valueOf(rows.getString(1))).lookingAt()) {
                    tables++;
                }
            }
            return tables;
        }
    }

    /**
     * A database may ask to stay open after its last connection, for ever even. Of one that is shut down some versions,
     * such as 1.4.200, let nothing be closed any more.
     */
    private static void shutDown(Connection connection) {
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN IMMEDIATELY");
        } catch (SQLException e) {
            // What went wrong before is told.
            System.err.println("it was shut down before it was closed: " + e.getErrorCode());
        }
    }

    private static void warmUp(Driver driver) throws IOException {
        Path database = Files.createTempFile(WARM_UP, ".mv.db");
        Files.delete(database);
        String url = "jdbc:h2:file:" + database.toString().replaceFirst("\\.mv\\.db$", "") + ";TRACE_LEVEL_FILE=0";
        try (Connection connection = driver.connect(url, new Properties());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, text VARCHAR)");
            statement.execute("INSERT INTO t SELECT x, 'row ' || x FROM SYSTEM_RANGE(1, 1000)");
            statement.execute("SHUTDOWN");
        } catch (SQLException e) {
            System.err.println("it warms up no further: " + e.getErrorCode());
        }
        try {
            long _ = tables(driver, url, new Properties());
        } catch (SQLException e) {
            System.err.println("it warms up no further: " + e.getErrorCode());
        } finally {
            Files.deleteIfExists(database);
        }
    }

    private static void readInto(LinkedBlockingQueue<String> questions) {
        try {
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String line = input.readLine();
            while (line != null) {
                questions.add(line);
                line = input.readLine();
            }
        } catch (IOException e) {
            System.err.println(e);
        }
        Runtime.getRuntime().halt(1);
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }
}
