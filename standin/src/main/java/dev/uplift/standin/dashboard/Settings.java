/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * The environment, with system properties {@code -Dmb.x.y} laid over {@code MB_X_Y}, and over both the file {@code
 * standin.properties} of the working directory with {@code MB_X_Y=}: many applications prefer a file that nobody else reads.
 */
final class Settings {
    private static final Path FILE = Path.of("standin.properties");

    private final Map<String, String> values;

    private Settings(Map<String, String> values) {
        this.values = values;
    }

    static Settings of(Map<String, String> environment, Properties properties) {
        Map<String, String> values = new HashMap<>(environment);
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("mb.") || name.startsWith("standin.")) {
                values.put(
                        name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'),
                        properties.getProperty(name));
            }
        }
        values.putAll(inFile());
        values.values().removeIf(String::isBlank);
        return new Settings(values);
    }

    private static Map<String, String> inFile() {
        if (!Files.exists(FILE)) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(FILE)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> values = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> values.put(name, properties.getProperty(name)));
        return values;
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name));
    }

    String text(String name, String absent) {
        return text(name).orElse(absent);
    }

    int number(String name, int absent) {
        return text(name).map(Integer::parseInt).orElse(absent);
    }

    boolean flag(String name, boolean absent) {
        return text(name).map(Boolean::parseBoolean).orElse(absent);
    }

    Path path(String name, String absent) {
        return Path.of(text(name, absent)).toAbsolutePath();
    }

    Duration duration(String name, Duration absent) {
        return text(name).map(Faults::duration).orElse(absent);
    }
}
