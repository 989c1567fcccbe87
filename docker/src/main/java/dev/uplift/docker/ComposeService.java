/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The service of a Docker Compose project that a container is of, as its labels say.
 *
 * @param directory the project's; absent: the labels do not say it
 * @param files the project's files as seen by whoever ran compose, maybe on another machine; empty: not all are known
 */
public record ComposeService(
        String project, String service, @Nullable Path directory, List<Path> files) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");
    private static final Pattern MISLEADING = Pattern.compile("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]");
    private static final int PATH_CHARACTERS_MAX = 2000;

    /** All labels of compose begin so. */
    static final String LABELS = "com.docker.compose.";

    /** Reads the labels; empty if compose did not make the container. */
    public static Optional<ComposeService> of(ContainerInspection container) {
        Map<String, String> labels = container.labels();
        String project = labels.get(LABELS + "project");
        String service = labels.get(LABELS + "service");
        if (project == null
                || service == null
                || !NAME.matcher(project).matches()
                || !NAME.matcher(service).matches()) {
            return Optional.empty();
        }
        Path directory = path(labels.getOrDefault(LABELS + "project.working_dir", ""));
        List<Path> files = new ArrayList<>();
        for (String file :
                labels.getOrDefault(LABELS + "project.config_files", "").split(",", -1)) {
            Path path = path(file.strip());
            if (path == null || (directory == null && !path.isAbsolute())) {
                return Optional.of(new ComposeService(project, service, directory, List.of()));
            }
            files.add((directory == null ? path : directory.resolve(path)).normalize());
        }
        return Optional.of(new ComposeService(project, service, directory, List.copyOf(files)));
    }

    private static @Nullable Path path(String text) {
        try {
            return text.isEmpty()
                            || text.length() > PATH_CHARACTERS_MAX
                            || MISLEADING.matcher(text).find()
                    ? null
                    : Path.of(text);
        } catch (InvalidPathException _) {
            return null;
        }
    }
}
