/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * A command line as the {@code java} launcher reads it: options, {@code -jar} and a file, arguments.
 * JVMs take options from variables too; of two with the same name the later wins, in the order {@code
 * JAVA_TOOL_OPTIONS}, {@code JDK_JAVA_OPTIONS}, command line, {@code _JAVA_OPTIONS}. {@code JAVA_OPTS}
 * is known to start scripts only, so it counts only where the command line is not that of a JVM.
 */
final class JavaCommandLine {
    private final List<String> options = new ArrayList<>();
    private final List<String> arguments;
    private final Optional<String> jar;

    JavaCommandLine(List<String> argv, Map<String, String> environment) {
        int at = argv.indexOf("-jar");
        boolean hasJar = at >= 0 && at + 1 < argv.size();
        jar = hasJar ? Optional.of(argv.get(at + 1)) : Optional.empty();
        arguments = hasJar ? argv.subList(at + 2, argv.size()) : argv;
        addOptions(environment, "JAVA_TOOL_OPTIONS");
        if (hasJar) {
            addOptions(environment, "JDK_JAVA_OPTIONS");
            options.addAll(argv.subList(0, at));
        } else {
            addOptions(environment, "JAVA_OPTS");
            options.addAll(argv);
        }
        addOptions(environment, "_JAVA_OPTIONS");
    }

    Optional<String> jar() {
        return jar;
    }

    Optional<String> property(String name) {
        return last(options, "-D", name, String::equals);
    }

    Optional<String> property(String name, BiPredicate<String, String> same) {
        return last(options, "-D", name, same);
    }

    Optional<String> argument(String name) {
        return last(arguments, "--", name, String::equals);
    }

    Optional<String> argument(String name, BiPredicate<String, String> same) {
        return last(arguments, "--", name, same);
    }

    private static Optional<String> last(
            List<String> words, String prefix, String name, BiPredicate<String, String> same) {
        for (String word : words.reversed()) {
            int equals = word.indexOf('=');
            if (word.startsWith(prefix) && equals > 0 && same.test(word.substring(prefix.length(), equals), name)) {
                return Optional.of(word.substring(equals + 1));
            }
        }
        return Optional.empty();
    }

    private void addOptions(Map<String, String> environment, String variable) {
        options.addAll(words(environment.getOrDefault(variable, "")));
    }

    /** Splits as a JVM splits {@code JAVA_TOOL_OPTIONS}: at white space that is not between quotation marks. */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inWord = true;
            } else if (!Character.isWhitespace(c)) {
                word.append(c);
                inWord = true;
            } else if (inWord) {
                words.add(word.toString());
                word.setLength(0);
                inWord = false;
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }
}
