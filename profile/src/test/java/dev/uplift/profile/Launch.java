/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Command lines as tests need them. */
final class Launch {
    static final Path DIRECTORY = Path.of("/srv/app");

    private Launch() {}

    /** {@code NAME=value} is a variable, {@code -Dx=y} an option, {@code --x=y} an argument, {@code @/path=text} a file. */
    static LaunchView with(String... words) {
        List<String> options = new ArrayList<>(List.of("/usr/bin/java"));
        List<String> arguments = new ArrayList<>();
        Map<String, String> environment = new HashMap<>();
        Map<Path, String> files = new HashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (word.startsWith("--")) {
                arguments.add(word);
            } else if (word.startsWith("-")) {
                options.add(word);
            } else if (word.startsWith("@")) {
                files.put(Path.of(word.substring(1, equals)), word.substring(equals + 1));
            } else {
                environment.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        options.addAll(List.of("-jar", "app.jar"));
        options.addAll(arguments);
        return new LaunchView(options, environment, DIRECTORY, path -> Optional.ofNullable(files.get(path)));
    }
}
