package dev.uplift.testbed.dashboard;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The environment, with system properties {@code -Dmb.x.y} laid over {@code MB_X_Y}. */
final class Settings {
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
        values.values().removeIf(String::isBlank);
        return new Settings(values);
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
