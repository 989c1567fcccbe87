package dev.uplift.host.docker;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The service of a Docker Compose project that a container is of, as its labels say.
 *
 * @param directory the project's; absent: the labels do not say it
 * @param files the project's files as seen on the engine's host by whoever ran compose; they need not exist there
 */
public record ComposeService(
        String project, String service, @Nullable Path directory, List<Path> files) {
    /** All labels of compose begin so. */
    static final String LABELS = "com.docker.compose.";

    /** Reads the labels; empty if compose did not make the container. */
    public static Optional<ComposeService> of(ContainerInspection container) {
        Map<String, String> labels = container.labels();
        String project = labels.get(LABELS + "project");
        String service = labels.get(LABELS + "service");
        if (project == null || service == null) {
            return Optional.empty();
        }
        Path directory = path(labels.getOrDefault(LABELS + "project.working_dir", ""));
        List<Path> files = new ArrayList<>();
        for (String file :
                labels.getOrDefault(LABELS + "project.config_files", "").split(",", -1)) {
            Path path = path(file.strip());
            if (path != null && directory != null) {
                files.add(directory.resolve(path).normalize());
            } else if (path != null && path.isAbsolute()) {
                files.add(path.normalize());
            }
        }
        return Optional.of(new ComposeService(project, service, directory, List.copyOf(files)));
    }

    private static @Nullable Path path(String text) {
        try {
            return text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException _) {
            return null;
        }
    }
}
