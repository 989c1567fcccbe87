/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One mapping of a YAML file, read key by key. Whatever is wrong is noted and an empty value returned,
 * so that one pass finds all problems. A scalar is the text that stands in the file: {@code 1.10} and
 * {@code no} stay what was written.
 */
final class Section {
    private final Problems problems;
    private final String path;
    private final int line;
    private final boolean absent;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    private Section(Problems problems, String path, int line, @Nullable MappingNode node) {
        this.problems = problems;
        this.path = path;
        this.line = line;
        this.absent = node == null;
        if (node != null) {
            node.getValue().forEach(this::add);
        }
    }

    /** The mapping that a node is. What is no mapping is noted as a problem; asking an absent section notes nothing. */
    static Section of(Problems problems, String path, Node node) {
        return of(problems, path, line(node), node);
    }

    private static Section of(Problems problems, String path, int line, Node node) {
        if (node instanceof MappingNode mapping) {
            return new Section(problems, path, line, mapping);
        }
        problems.add(line, path, "keys with values are expected, found is " + kind(node));
        return new Section(problems, path, line, null);
    }

    private void add(NodeTuple tuple) {
        int at = line(tuple.getKeyNode());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problems.add(at, path, "a key must be a plain word");
            return;
        }
        if (values.containsKey(key.getValue())) {
            problems.add(at, below(key.getValue()), "stands here a second time");
            return;
        }
        values.put(key.getValue(), tuple.getValueNode());
        lines.put(key.getValue(), at);
    }

    boolean has(String key) {
        return value(key).isPresent();
    }

    private Optional<Node> value(String key) {
        known.add(key);
        return Optional.ofNullable(values.get(key)).filter(node -> !Tag.NULL.equals(node.getTag()));
    }

    boolean isScalar(String key) {
        return value(key).filter(ScalarNode.class::isInstance).isPresent();
    }

    boolean isMapping(String key) {
        return value(key).filter(MappingNode.class::isInstance).isPresent();
    }

    /** The keys as they stand in the file, all of them then known: for mappings whose keys are names. */
    List<String> names() {
        known.addAll(values.keySet());
        return List.copyOf(values.keySet());
    }

    Optional<String> text(String key) {
        return value(key).flatMap(node -> scalar(node, below(key)));
    }

    String requiredText(String key, String expected) {
        if (!has(key)) {
            missing(key, expected);
        }
        return text(key).orElse("");
    }

    /** The text of a key made into something; an {@link IllegalArgumentException} becomes a problem. */
    <T> Optional<T> parsed(String key, Function<String, T> parser) {
        return text(key).flatMap(text -> parsed(text, lineOf(key), below(key), parser));
    }

    <T> Optional<T> requiredParsed(String key, String expected, Function<String, T> parser) {
        if (!has(key)) {
            missing(key, expected);
        }
        return parsed(key, parser);
    }

    /** One text or a list of texts. */
    <T> List<T> list(String key, Function<String, T> parser) {
        List<T> items = new ArrayList<>();
        if (isScalar(key)) {
            parsed(key, parser).ifPresent(items::add);
            return items;
        }
        List<Node> nodes = sequence(key, "a text or a list of texts");
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            String at = below(key) + "[" + i + "]";
            scalar(node, at)
                    .flatMap(text -> parsed(text, line(node), at, parser))
                    .ifPresent(items::add);
        }
        return items;
    }

    List<String> texts(String key) {
        return list(key, Function.identity());
    }

    OptionalInt integer(String key, int minimum, int maximum) {
        String expected = "a whole number from " + minimum + " to " + maximum;
        return parsed(
                        key,
                        text -> Text.number(text).stream()
                                .filter(number -> number >= minimum && number <= maximum)
                                .boxed()
                                .findFirst()
                                .orElseThrow(() -> new IllegalArgumentException(
                                        expected + " is expected, found is " + Text.quote(text))))
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    Optional<Section> section(String key) {
        return value(key).map(node -> Section.of(problems, below(key), lineOf(key), node));
    }

    Section requiredSection(String key, String expected) {
        if (!has(key)) {
            missing(key, expected);
        }
        return section(key).orElseGet(() -> new Section(problems, below(key), line, null));
    }

    List<Section> sections(String key) {
        List<Node> nodes = sequence(key, "a list");
        List<Section> sections = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            sections.add(Section.of(problems, below(key) + "[" + i + "]", nodes.get(i)));
        }
        return sections;
    }

    /** Notes that a key is not as it must be. */
    void problem(String key, String message) {
        if (!absent) {
            problems.add(lineOf(key), below(key), message);
        }
    }

    /** Notes that the whole section is not as it must be. */
    void problem(String message) {
        if (!absent) {
            problems.add(line, path, message);
        }
    }

    /** Notes every key that nobody asked for. To be called last. */
    void refuseUnknown() {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                problem(
                        key,
                        "is not a known key"
                                + Nearest.to(key, known)
                                        .map(near -> ", did you mean " + near + "?")
                                        .orElse(", known are " + String.join(", ", known)));
            }
        }
    }

    private void missing(String key, String expected) {
        known.add(key);
        if (!absent) {
            problems.add(lines.getOrDefault(key, line), below(key), "is missing: " + expected);
        }
    }

    private List<Node> sequence(String key, String expected) {
        Optional<Node> node = value(key);
        if (node.isPresent() && node.get() instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        node.ifPresent(other -> problem(key, expected + " is expected, found is " + kind(other)));
        return List.of();
    }

    private Optional<String> scalar(Node node, String at) {
        if (node instanceof ScalarNode scalar && !Tag.NULL.equals(node.getTag())) {
            return Optional.of(scalar.getValue());
        }
        problems.add(line(node), at, "a text is expected, found is " + kind(node));
        return Optional.empty();
    }

    private <T> Optional<T> parsed(String text, int at, String where, Function<String, T> parser) {
        try {
            return Optional.of(parser.apply(text));
        } catch (IllegalArgumentException e) {
            problems.add(at, where, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private int lineOf(String key) {
        return lines.getOrDefault(key, line);
    }

    private String below(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    private static String kind(Node node) {
        return switch (node) {
            case MappingNode mapping -> "a mapping";
            case SequenceNode sequence -> "a list";
            case ScalarNode scalar -> Tag.NULL.equals(scalar.getTag()) ? "nothing" : Text.quote(scalar.getValue());
            case Node other -> other.getNodeId().name();
        };
    }
}
