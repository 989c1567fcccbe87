/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEngine;
import dev.uplift.profile.JarEntries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A JAR in a container, which need not run. */
record ContainerJar(DockerEngine engine, String containerId, String path) implements JarEntries {
    private static final int ENTRY_BYTES_MAX = 1_000_000;

    /** The JAR that runs in a container; empty if it does not run, or no {@code java -jar}. */
    static Optional<String> runningIn(DockerEngine engine, ContainerInspection container)
            throws IOException, InterruptedException {
        for (String line : engine.containers().commandLines(container.id())) {
            List<String> words = List.of(line.split(" ", -1));
            int jar = words.indexOf("-jar") + 1;
            if (jar > 0 && jar < words.size() && words.getFirst().endsWith("java")) {
                String path = words.get(jar);
                String directory =
                        container.raw().path("Config").path("WorkingDir").asText("");
                return Optional.of(path.startsWith("/") ? path : directory + "/" + path);
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<InputStream> open(String name) throws IOException {
        try {
            return engine.files()
                    .jarEntries(containerId, path, Set.of(name), ENTRY_BYTES_MAX)
                    .map(entries -> entries.get(name))
                    .map(ByteArrayInputStream::new);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + path + " was read");
        }
    }
}
