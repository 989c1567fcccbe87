/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code .uplift/launch.json}: how to start an application again. Only the worker's user can read it. */
public final class LaunchFile {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private static final int BYTES_MAX = 4_000_000;

    private LaunchFile() {}

    /** Where it is for the application in this directory. */
    public static Path of(Path applicationDirectory) {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("launch.json");
    }

    /** The reference under which {@link Secrets} finds one of {@link Launch#secrets()}. */
    public static String reference(Path applicationDirectory, String secret) {
        return "file:" + of(applicationDirectory) + "#/secrets/" + secret;
    }

    /** Replaces it in one step. */
    public static void write(Fence.Held held, Path applicationDirectory, Launch launch)
            throws IOException, FencedException {
        held.write(of(applicationDirectory), JSON.writeValueAsBytes(launch), DurableFiles.OWNER_ONLY);
    }

    /**
     * What was written last; empty if nothing was.
     *
     * @throws UnexpectedPathException if it is damaged, a symbolic link, or in a directory of another user
     */
    public static Optional<Launch> read(Host host, Path applicationDirectory) throws IOException {
        Optional<Path> state = StateDirectory.existing(host, applicationDirectory);
        Path file = of(applicationDirectory);
        if (state.isEmpty() || !host.files().exists(file)) {
            return Optional.empty();
        }
        if (!host.files().isFile(file)) {
            throw new UnexpectedPathException(file + " is not a file");
        }
        try {
            return Optional.of(JSON.readValue(host.files().read(file, BYTES_MAX), Launch.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw new UnexpectedPathException(file + " is damaged; register the application again");
        }
    }
}
