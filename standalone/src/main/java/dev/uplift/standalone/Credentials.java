package dev.uplift.standalone;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** Passwords of the embedded PostgreSQL, made once and kept in a file that only its owner can read. */
final class Credentials {
    private final Properties passwords;

    private Credentials(Properties passwords) {
        this.passwords = passwords;
    }

    /** Reads {@code run/credentials.properties} (role = password), adding what is missing. */
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
            Path temporary = Files.createTempFile(
                    home.run(),
                    "credentials",
                    ".tmp",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (Writer writer = Files.newBufferedWriter(temporary)) {
                passwords.store(writer, "embedded PostgreSQL: role = password");
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return new Credentials(passwords);
    }

    String superuser() {
        return passwords.getProperty("postgres");
    }

    String of(Service service) {
        return passwords.getProperty(service.database());
    }

    private static List<String> roles() {
        return Stream.concat(
                        Stream.of("postgres"), Arrays.stream(Service.values()).map(Service::database))
                .toList();
    }
}
