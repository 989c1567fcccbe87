package dev.uplift.profile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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

    static boolean matches(String glob, String fileName) {
        return FileSystems.getDefault()
                .getPathMatcher("glob:" + glob)
                .matches(Path.of(fileName).getFileName());
    }
}
