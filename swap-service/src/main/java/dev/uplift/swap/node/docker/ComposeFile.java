package dev.uplift.swap.node.docker;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Changes the image of one service in a compose file, and not one character besides: comments, order and
 * quotes belong to whoever wrote it.
 *
 * <p>Only the plain form is changed: a block {@code services:}, the service's own block in it, and in that
 * one line {@code image: VALUE}. Everything else (variables in the value, anchors, flow style, tabs) is left to
 * a person.
 */
final class ComposeFile {
    private static final Pattern KEY = Pattern.compile("( *)(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9._-]+)):(?: .*)?");
    private static final Pattern IMAGE =
            Pattern.compile("( *image: +)(?:\"([^\"$]+)\"|'([^'$]+)'|([^\\s\"'$#&*!|>%@`{\\[]\\S*))(\\s*(?: #.*)?)");

    private ComposeFile() {}

    /**
     * The text with another image.
     *
     * @param image has no quotes and no blanks
     * @return empty if it cannot be done exactly
     */
    static Optional<String> withImage(String text, String service, String image) {
        if (text.indexOf('\t') >= 0) {
            return Optional.empty();
        }
        List<String> lines = new ArrayList<>(List.of(text.split("(?<=\n)", -1)));
        int services = find(lines, 0, lines.size(), 0, "services");
        if (services < 0) {
            return Optional.empty();
        }
        int servicesEnd = blockEnd(lines, services, 0);
        int indent = childIndent(lines, services + 1, servicesEnd);
        int own = indent <= 0 ? -1 : find(lines, services + 1, servicesEnd, indent, service);
        if (own < 0) {
            return Optional.empty();
        }
        int ownEnd = blockEnd(lines, own, indent);
        int inner = childIndent(lines, own + 1, ownEnd);
        int at = inner <= indent ? -1 : find(lines, own + 1, ownEnd, inner, "image");
        if (at < 0) {
            return Optional.empty();
        }
        String line = lines.get(at);
        String content = line.stripTrailing();
        Matcher matcher = IMAGE.matcher(content);
        if (!matcher.matches() || content.contains("$")) {
            return Optional.empty();
        }
        String quote = matcher.group(2) != null ? "\"" : matcher.group(3) != null ? "'" : "";
        lines.set(at, matcher.group(1) + quote + image + quote + matcher.group(5) + line.substring(content.length()));
        return Optional.of(String.join("", lines));
    }

    private static int find(List<String> lines, int from, int to, int indent, String key) {
        for (int i = from; i < to; i++) {
            Matcher matcher = KEY.matcher(lines.get(i).stripTrailing());
            if (matcher.matches() && matcher.group(1).length() == indent && key.equals(name(matcher))) {
                return i;
            }
        }
        return -1;
    }

    private static String name(Matcher key) {
        for (int group = 2; group <= 4; group++) {
            if (key.group(group) != null) {
                return key.group(group);
            }
        }
        return "";
    }

    /** The first line after a key's block: one that says something and is not indented deeper. */
    private static int blockEnd(List<String> lines, int key, int indent) {
        for (int i = key + 1; i < lines.size(); i++) {
            if (says(lines.get(i)) && indent(lines.get(i)) <= indent) {
                return i;
            }
        }
        return lines.size();
    }

    private static int childIndent(List<String> lines, int from, int to) {
        for (int i = from; i < to; i++) {
            if (says(lines.get(i))) {
                return indent(lines.get(i));
            }
        }
        return -1;
    }

    private static boolean says(String line) {
        String stripped = line.strip();
        return !stripped.isEmpty() && !stripped.startsWith("#");
    }

    private static int indent(String line) {
        int count = 0;
        while (count < line.length() && line.charAt(count) == ' ') {
            count++;
        }
        return count;
    }
}
