/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.contract.Json;
import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What has come of one URL so far, and the strong validator that it may be continued with. Its content
 * is believed only once the whole file has been hashed.
 */
final class PartialFile {
    private static final Pattern STRONG_ETAG = Pattern.compile("\"[\\x21\\x23-\\x7e]{1,200}\"");

    private final Path data;
    private final Path about;

    PartialFile(Path directory, String key) {
        this.data = directory.resolve(key);
        this.about = directory.resolve(key + ".json");
    }

    /**
     * How the file can be continued.
     *
     * @param sizeBytes what is there already, at least 1
     * @param etag strong
     * @param totalBytes of the whole file, as the server said
     */
    record Continuation(long sizeBytes, String etag, OptionalLong totalBytes) {}

    Path data() {
        return data;
    }

    /** Empty if it has to be fetched from the start. */
    Optional<Continuation> continuation() throws IOException {
        try {
            long size = Files.size(data);
            JsonNode known = Json.mapper().readTree(Files.readAllBytes(about));
            Optional<String> etag = strong(known.path("etag").asText());
            JsonNode total = known.path("totalBytes");
            return size < 1
                    ? Optional.empty()
                    : etag.map(validator -> new Continuation(
                            size,
                            validator,
                            total.isIntegralNumber() ? OptionalLong.of(total.asLong()) : OptionalLong.empty()));
        } catch (NoSuchFileException | com.fasterxml.jackson.core.JacksonException e) {
            return Optional.empty();
        }
    }

    /** Begins from the start. Remembers {@code etag} if it is a strong one. */
    void begin(Optional<String> etag, OptionalLong totalBytes) throws IOException {
        Files.deleteIfExists(data);
        ObjectNode known = Json.mapper().createObjectNode();
        etag.flatMap(PartialFile::strong).ifPresent(validator -> known.put("etag", validator));
        totalBytes.ifPresent(total -> known.put("totalBytes", total));
        DurableFiles.write(about, Json.mapper().writeValueAsBytes(known), DurableFiles.OWNER_ONLY);
        Files.createFile(data);
    }

    /** Opens the data for appending. */
    FileChannel append() throws IOException {
        return FileChannel.open(data, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    /** Forgets everything. */
    void discard() throws IOException {
        Files.deleteIfExists(data);
        Files.deleteIfExists(about);
    }

    private static Optional<String> strong(String etag) {
        return STRONG_ETAG.matcher(etag).matches() ? Optional.of(etag) : Optional.empty();
    }
}
