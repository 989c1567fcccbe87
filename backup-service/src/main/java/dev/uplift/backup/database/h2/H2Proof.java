package dev.uplift.backup.database.h2;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * What is run in a process of its own, with an application's H2 and nothing else beside it. It prints the version of
 * the H2. Then it reads from its input, each in base64 on a line, the URL, the user and the password of a database,
 * opens that, reads all of it, and prints how many tables it has, or the number of H2's error. It ends with its
 * input: so it does not outlive who asked.
 */
final class H2Proof {
    /** Before the number of tables. */
    static final String TABLES = "tables ";

    /** Before the number of H2's error. */
    static final String ERROR = "error ";

    private static final Pattern TABLE = Pattern.compile("\\s*CREATE (CACHED |MEMORY )?TABLE ");

    private H2Proof() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        Driver driver = Class.forName("org.h2.Driver")
                .asSubclass(Driver.class)
                .getDeclaredConstructor()
                .newInstance();
        int build =
                Class.forName("org.h2.engine.Constants").getField("BUILD_ID").getInt(null);
        answers.println(driver.getMajorVersion() + "." + driver.getMinorVersion() + "." + build);

        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String url = questions.readLine();
        if (url == null) {
            return;
        }
        Properties properties = new Properties();
        properties.setProperty("user", text(questions.readLine()));
        properties.setProperty("password", text(questions.readLine()));
        Thread.ofPlatform().daemon().start(() -> endWith(questions));
        try {
            answers.println(TABLES + tables(driver, text(url), properties));
        } catch (SQLException e) {
            answers.println(ERROR + e.getErrorCode());
        }
    }

    private static long tables(Driver driver, String url, Properties properties) throws SQLException {
        try (Connection connection = driver.connect(url, properties);
                Statement statement = connection.createStatement();
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

    private static void endWith(BufferedReader questions) {
        try {
            String line = questions.readLine();
            while (line != null) {
                line = questions.readLine();
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
