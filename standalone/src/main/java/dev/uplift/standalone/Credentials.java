/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Passwords of the embedded PostgreSQL and Kafka, made once and kept in a file that only its owner can read. */
final class Credentials {
    private static final String KAFKA = "kafka.";

    private final Properties passwords;

    private Credentials(Properties passwords) {
        this.passwords = passwords;
    }

    /** Reads {@code run/credentials.properties} adding what is missing, as after an update. */
    static Credentials open(Home home) throws IOException {
        Path file = home.run().resolve("credentials.properties");
        Properties passwords = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                passwords.load(reader);
            }
        }
        boolean complete = true;
        SecureRandom random = new SecureRandom();
        for (String role : roles()) {
            if (!passwords.containsKey(role)) {
                byte[] bytes = new byte[24];
                random.nextBytes(bytes);
                passwords.setProperty(role, HexFormat.of().formatHex(bytes));
                complete = false;
            }
        }
        if (!complete) {
            StringWriter text = new StringWriter();
            passwords.store(text, "role of the embedded PostgreSQL, or kafka.user = password");
            Home.writeSecret(file, text.toString());
        }
        return new Credentials(passwords);
    }

    String superuser() {
        return passwords.getProperty("postgres");
    }

    String of(Service service) {
        return passwords.getProperty(service.database());
    }

    /** The passwords of Kafka's users, by their names. */
    Map<String, String> kafka() {
        return KafkaAccess.users().stream()
                .collect(Collectors.toMap(user -> user, user -> passwords.getProperty(KAFKA + user)));
    }

    private static List<String> roles() {
        return Stream.of(
                        Stream.of("postgres"),
                        Arrays.stream(Service.values()).map(Service::database),
                        KafkaAccess.users().stream().map(user -> KAFKA + user))
                .flatMap(roles -> roles)
                .toList();
    }
}
