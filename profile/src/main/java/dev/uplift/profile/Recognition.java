/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.google.re2j.Pattern;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How the application's JAR is told from others: its file name matches one of {@code jarNames} (if
 * there are any) and it holds all of {@code jarEntries}.
 *
 * @param jarNames globs over the file name, such as {@code metabase*.jar}
 * @param jarEntries full names of entries
 */
public record Recognition(List<String> jarNames, List<String> jarEntries) {
    public Recognition {
        jarNames = List.copyOf(jarNames);
        jarEntries = List.copyOf(jarEntries);
    }

    boolean accepts(String jarName, JarEntries entries) throws IOException {
        if (!jarNames.isEmpty() && jarNames.stream().noneMatch(glob -> matches(glob, jarName))) {
            return false;
        }
        for (String name : jarEntries) {
            Optional<InputStream> entry = entries.open(name);
            if (entry.isEmpty()) {
                return false;
            }
            entry.get().close();
        }
        return true;
    }

    private static String expression(int character) {
        return switch (character) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(Character.toString(character));
        };
    }

    /** {@code *} is any number of characters, {@code ?} one; case counts. */
    static boolean matches(String glob, String fileName) {
        String expression = glob.codePoints().mapToObj(Recognition::expression).collect(Collectors.joining());
        return Pattern.compile(expression, Pattern.DOTALL).matches(fileName.substring(fileName.lastIndexOf('/') + 1));
    }
}
