/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.contract.Json;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.StateDirectory;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The container that an application runs in when nobody upgrades it: {@code .uplift/container.json}. It is
 * the origin of the next upgrade and holds secrets, so that only the worker's user reads it.
 *
 * @param inspection the container as it was when this was written, in the engine's words: with the
 *     restart policy that it is to have again
 * @param jar where the application's JAR is in the container; absent: nobody could tell
 * @param retired ids of its predecessors that are kept
 */
public record ContainerRecord(JsonNode inspection, @Nullable String jar, List<String> retired) {
    private static final int BYTES_MAX = 4_000_000;

    /** The container as it was. */
    public ContainerInspection container() {
        return new ContainerInspection(inspection);
    }

    /** The same, except for the restart policy: it is this one. */
    public ContainerRecord withRestartPolicy(JsonNode policy) {
        ObjectNode changed = inspection.deepCopy();
        changed.withObjectProperty("HostConfig").set("RestartPolicy", policy);
        return new ContainerRecord(changed, jar, retired);
    }

    /** What was written last; empty if nothing was. */
    public static Optional<ContainerRecord> read(Host host, Path directory) throws IOException {
        Path file = file(directory);
        if (StateDirectory.existing(host, directory).isEmpty() || !host.files().isFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.mapper().readValue(host.files().read(file, BYTES_MAX), ContainerRecord.class));
        } catch (JacksonException e) {
            throw new UnexpectedPathException(file + " is damaged; register the container again");
        }
    }

    /** Remembers it in place of what was written last. */
    public void write(Fence.Held held, Path directory) throws IOException, FencedException {
        held.write(file(directory), Json.mapper().writeValueAsBytes(this), DurableFiles.OWNER_ONLY);
    }

    private static Path file(Path directory) {
        return directory.resolve(StateDirectory.NAME).resolve("container.json");
    }
}
