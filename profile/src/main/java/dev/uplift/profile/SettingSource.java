/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;

/** A place where an application looks for one of its settings. */
public sealed interface SettingSource {

    /** {@code env:NAME}: an environment variable. */
    record Environment(String name) implements SettingSource {}

    /** {@code env-file:NAME}: the content of the file whose path an environment variable holds. */
    record EnvironmentFile(String name) implements SettingSource {}

    /** {@code property:NAME}: a Java system property, from the command line or the JVM's own variables. */
    record Property(String name) implements SettingSource {}

    /** {@code arg:NAME}: {@code --NAME=value} behind the JAR on the command line. */
    record Argument(String name) implements SettingSource {}

    /**
     * {@code spring:NAME}: as Spring Boot finds a property outside its files: command line, then
     * {@code SPRING_APPLICATION_JSON}, then system properties, then environment, with relaxed names.
     */
    record Spring(String name) implements SettingSource {}

    /** The ways in which a source can be written, for error messages. */
    List<String> PREFIXES = List.of("env", "env-file", "property", "arg", "spring");

    /** Reads {@code env:NAME} and its like; throws {@link IllegalArgumentException}. */
    static SettingSource parse(String text) {
        int colon = text.indexOf(':');
        String name = text.substring(colon + 1).strip();
        if (colon < 0 || name.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected is one of env:NAME, env-file:NAME, property:NAME, arg:NAME, spring:NAME");
        }
        return switch (text.substring(0, colon)) {
            case "env" -> new Environment(name);
            case "env-file" -> new EnvironmentFile(name);
            case "property" -> new Property(name);
            case "arg" -> new Argument(name);
            case "spring" -> new Spring(name);
            case String other ->
                throw new IllegalArgumentException(
                        Text.quote(other) + " is no kind of source, expected is one of " + String.join(", ", PREFIXES));
        };
    }
}
