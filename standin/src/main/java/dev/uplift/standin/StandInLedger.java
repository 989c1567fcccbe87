/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the stand-ins of an installation wrote down about themselves; the evidence for oracle I2. */
public record StandInLedger(List<Entry> entries) {
    /** One line; {@code event} as the stand-in's package documents. */
    public record Entry(Instant at, long pid, String version, String event, String database, String detail) {}

    public StandInLedger {
        entries = List.copyOf(entries);
    }

    /** An absent file is an empty ledger; a torn last line (power cut) is left out. */
    public static StandInLedger read(Path file) {
        try {
            return parse(Files.exists(file) ? Files.readString(file) : "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The ledgers of an installation's nodes as one. Nodes with process ids of their own (hosts, containers) may be
     * given, whose ids then meet.
     */
    public static StandInLedger together(List<StandInLedger> nodes) {
        List<Entry> all = new ArrayList<>();
        for (int node = 0; node < nodes.size(); node++) {
            long offset = (long) node << 32;
            for (Entry entry : nodes.get(node).entries()) {
                all.add(new Entry(
                        entry.at(),
                        entry.pid() + offset,
                        entry.version(),
                        entry.event(),
                        entry.database(),
                        entry.detail()));
            }
        }
        all.sort(Comparator.comparing(Entry::at));
        return new StandInLedger(all);
    }

    /** The text of such a file. */
    public static StandInLedger parse(String text) {
        List<Entry> entries = new ArrayList<>();
        ObjectMapper json = new ObjectMapper();
        try {
            for (String line :
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                JsonNode node = json.readTree(line);
                entries.add(new Entry(
                        Instant.parse(node.path("at").asText()),
                        node.path("pid").asLong(),
                        node.path("version").asText(),
                        node.path("event").asText(),
                        node.path("database").asText(),
                        node.path("detail").asText()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StandInLedger(entries);
    }

    public List<Entry> of(String event) {
        return entries.stream().filter(entry -> entry.event().equals(event)).toList();
    }

    /** Whether the fault, such as {@code migration-fails}, fired at least once: its positive control. */
    public boolean fired(String fault) {
        return of("fault").stream().anyMatch(entry -> entry.detail().equals(fault));
    }

    /**
     * Every sign that two versions used one database at the same time; empty is good. Signs are what a
     * stand-in saw through its advisory lock, and processes of different versions whose lines on one
     * database overlap in time. A process that found the H2 file locked did not use it.
     */
    public List<String> violations() {
        List<String> found = new ArrayList<>();
        of("violation").forEach(entry -> found.add(entry.version() + " (" + entry.pid() + "): " + entry.detail()));
        List<Span> spans = spans();
        for (int i = 0; i < spans.size(); i++) {
            for (int j = i + 1; j < spans.size(); j++) {
                if (spans.get(i).overlaps(spans.get(j))) {
                    found.add(spans.get(i) + " overlaps " + spans.get(j));
                }
            }
        }
        return found;
    }

    private record User(long pid, String version, String database) {}

    private record Span(User user, Instant from, Instant to) {
        boolean overlaps(Span other) {
            return user.database().equals(other.user.database())
                    && !user.version().equals(other.user.version())
                    && from.isBefore(other.to)
                    && other.from.isBefore(to);
        }
    }

    /** Of each start: in containers a process has the id of the one before it. */
    private List<Span> spans() {
        List<Span> over = new ArrayList<>();
        Map<User, Span> spans = new LinkedHashMap<>();
        for (Entry entry : entries) {
            if (entry.database().isEmpty()) {
                continue;
            }
            User user = new User(entry.pid(), entry.version(), entry.database());
            if (entry.event().equals("locked-out")) {
                spans.remove(user);
            } else if (entry.event().equals("start")) {
                Optional.ofNullable(spans.put(user, new Span(user, entry.at(), entry.at())))
                        .ifPresent(over::add);
            } else {
                spans.computeIfPresent(user, (key, known) -> new Span(user, known.from(), entry.at()));
            }
        }
        over.addAll(spans.values());
        return over;
    }
}
