/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Looks for words wherever the product leaves something: topics, files, databases and answers. */
final class Traces {
    private static final List<String> DATABASES = List.of("orchestrator", "artifact", "backup", "swap");
    private static final List<String> ASKED = List.of("/q/metrics", "/q/health", "/q/openapi?format=json");

    private final Product product;
    private final Wire wire;

    Traces(Product product, Wire wire) {
        this.product = product;
        this.wire = wire;
    }

    /** For each word that is found somewhere: where. */
    Map<String, List<String>> find(List<String> words, List<UUID> upgrades) throws SQLException {
        SortedMap<String, List<String>> found = new TreeMap<>();
        topics(words, found);
        files(words, found);
        databases(words, found);
        answers(words, upgrades, found);
        return found;
    }

    /** Whether the file has the word in it, as it is. */
    boolean holds(Path file, String word) {
        return read(file).contains(word);
    }

    private void topics(List<String> words, Map<String, List<String>> found) {
        for (ConsumerRecord<byte[], byte[]> record : wire.read(wire.all())) {
            look("key in " + record.topic(), text(record.key()), words, found);
            look("value in " + record.topic(), text(record.value()), words, found);
            for (Header header : record.headers()) {
                look("header in " + record.topic(), header.key() + "=" + text(header.value()), words, found);
            }
        }
    }

    /** Everything below the home but the applications, the database server's own files, and indexes of Kafka. */
    private void files(List<String> words, Map<String, List<String>> found) {
        for (String part : List.of("logs", "run", "artifacts", "backups", "profiles", "kafka")) {
            Path root = product.home().resolve(part);
            if (Files.exists(root)) {
                try (Stream<Path> tree = Files.walk(root)) {
                    tree.filter(Files::isRegularFile)
                            .filter(file -> !file.toString().endsWith("index"))
                            .forEach(file -> look("file " + file, read(file), words, found));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void databases(List<String> words, Map<String, List<String>> found) throws SQLException {
        for (String name : DATABASES) {
            try (Connection database = product.database(name)) {
                Tables.of(database)
                        .rows()
                        .forEach((table, rows) ->
                                rows.forEach(row -> look("database " + name + ", " + table, row, words, found)));
            }
        }
    }

    private void answers(List<String> words, List<UUID> upgrades, Map<String, List<String>> found) {
        List<String> paths = new ArrayList<>(ASKED);
        for (String list : List.of("installations", "upgrades", "incidents", "backups")) {
            paths.add("/api/v1/" + list + "?limit=500");
        }
        upgrades.forEach(upgrade -> paths.add("/api/v1/upgrades/" + upgrade));
        for (String path : paths) {
            look("GET " + path, product.rest().send("GET", path, null).body(), words, found);
        }
        URI api = product.status().api();
        for (int service = 1; service < DATABASES.size(); service++) {
            Rest other = new Rest(URI.create("http://" + api.getHost() + ":" + (api.getPort() + service)));
            for (String path : ASKED) {
                look("GET " + path, other.send("GET", path, null).body(), words, found);
            }
        }
    }

    private static void look(String place, String text, List<String> words, Map<String, List<String>> found) {
        for (String word : words) {
            if (text.contains(word)) {
                List<String> places = found.computeIfAbsent(word, ignored -> new ArrayList<>());
                if (!places.contains(place)) {
                    places.add(place);
                }
            }
        }
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String read(Path file) {
        try {
            return text(Files.readAllBytes(file));
        } catch (NoSuchFileException deletedMeanwhile) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
