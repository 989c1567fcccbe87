/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** The text of a compose file, in which the image of a service can be exchanged and nothing else. */
record ComposeText(String text) {
    private static final int NESTING_DEPTH_MAX = 50;
    private static final int ALIASES_MAX = 1000;

    /**
     * The image that the service itself names; empty if it names none, or is not here.
     *
     * @throws ByHandException if it is no plain or quoted word, or may be meant for other services too
     */
    Optional<String> imageOf(String service) throws ByHandException {
        return word(service).map(Word::value);
    }

    /**
     * The same text with another image of the service, which has to have one. Whoever reads both as YAML finds no other
     * difference.
     *
     * @throws ByHandException if that is not possible
     */
    ComposeText withImage(String service, String image) throws ByHandException {
        Word word = word(service).orElseThrow(() -> new IllegalStateException(service + " names no image"));
        ComposeText changed = new ComposeText(text.substring(0, word.begin()) + image + text.substring(word.end()));
        List<String> before = events();
        List<String> after = changed.events();
        boolean nothingElse = before.size() == after.size()
                && IntStream.range(0, before.size())
                                .filter(at -> !before.get(at).equals(after.get(at)))
                                .count()
                        == 1;
        if (!nothingElse || !changed.imageOf(service).equals(Optional.of(image))) {
            throw new ByHandException("it would not be the same file but for the image");
        }
        return changed;
    }

    /**
     * One word of the text without its quotes.
     *
     * @param end behind its last character
     */
    private record Word(String value, int begin, int end) {}

    private Optional<Word> word(String service) throws ByHandException {
        Optional<Node> services = member(root(), "the file", "services");
        if (services.isEmpty()) {
            return Optional.empty();
        }
        Optional<Node> found = member(services.get(), "services", service);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (member(found.get(), service, "build").isPresent()) {
            throw new ByHandException("compose itself builds the image of " + service);
        }
        Optional<Node> image = member(found.get(), service, "image");
        return image.isEmpty() ? Optional.empty() : Optional.of(word(image.get()));
    }

    private Word word(Node node) throws ByHandException {
        if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
            String value = scalar.getValue();
            int begin = text.offsetByCodePoints(0, scalar.getStartMark().getIndex());
            for (String quote : List.of("", "'", "\"")) {
                if (text.startsWith(quote + value + quote, begin)) {
                    int inside = begin + quote.length();
                    return new Word(value, inside, inside + value.length());
                }
            }
        }
        throw new ByHandException("the image is written with an anchor, a tag, an escape or on several lines");
    }

    /** What has an anchor may be meant for other places too. What is only merged in is no member. */
    private static Optional<Node> member(Node mapping, String name, String key) throws ByHandException {
        if (mapping.getAnchor() != null) {
            throw new ByHandException(name + " has the anchor &" + mapping.getAnchor() + ": others may use it");
        }
        List<Node> found = new ArrayList<>();
        if (mapping instanceof MappingNode members) {
            for (NodeTuple member : members.getValue()) {
                if (member.getKeyNode() instanceof ScalarNode scalar
                        && scalar.getValue().equals(key)) {
                    found.add(member.getValueNode());
                }
            }
        }
        if (found.size() > 1) {
            throw new ByHandException(name + " has " + key + " twice");
        }
        return found.stream().findFirst();
    }

    private Node root() throws ByHandException {
        try {
            return Optional.ofNullable(yaml().compose(new StringReader(text)))
                    .orElseThrow(() -> new ByHandException("it is empty"));
        } catch (YAMLException e) {
            throw unreadable(e);
        }
    }

    /** What a reader of YAML comes across, without where that is. */
    private List<String> events() throws ByHandException {
        List<String> events = new ArrayList<>();
        try {
            yaml().parse(new StringReader(text)).forEach(event -> events.add(event.toString()));
        } catch (YAMLException e) {
            throw unreadable(e);
        }
        return events;
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(NESTING_DEPTH_MAX);
        options.setMaxAliasesForCollections(ALIASES_MAX);
        return new Yaml(options);
    }

    private static ByHandException unreadable(YAMLException e) {
        int line = e instanceof MarkedYAMLException marked && marked.getProblemMark() != null
                ? marked.getProblemMark().getLine() + 1
                : 0;
        return new ByHandException("it cannot be read as one YAML document" + (line == 0 ? "" : ", see line " + line));
    }
}
