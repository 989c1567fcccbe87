/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.Scrubber;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The end of a log, fit to be shown: without secrets, in one line. */
public final class ShownLines {
    /** What is shown of a log that is empty. */
    public static final String NOTHING = "it wrote nothing";

    private static final int LINES_MAX = 5;
    private static final int LINE_LENGTH_MAX = 300;

    private static final Pattern STACK_FRAME =
            Pattern.compile("at [^\\s(]+\\(.*\\).*|\\.\\.\\. \\d+ (more|common frames omitted)");

    private ShownLines() {}

    /** The last lines of {@code text} and those with one of the {@code telling} texts; see {@link NodeLog#since}. */
    public static String of(String text, Scrubber scrubber, List<String> telling) {
        List<String> lines = text.lines()
                .map(line -> scrubber.scrub(line)
                        .replaceAll("\\e\\[[0-9;]*m", "")
                        .replaceAll("\\p{Cntrl}", " ")
                        .strip())
                .filter(line -> !line.isEmpty() && !STACK_FRAME.matcher(line).matches())
                .map(line -> line.length() > LINE_LENGTH_MAX ? line.substring(0, LINE_LENGTH_MAX) + "..." : line)
                .toList();
        int tail = Math.max(0, lines.size() - LINES_MAX);
        List<String> told = lines.subList(0, tail).stream()
                .filter(line -> telling.stream().anyMatch(line::contains))
                .limit(2)
                .toList();
        List<String> shown = new ArrayList<>(told);
        shown.addAll(lines.subList(tail, lines.size()));
        return shown.isEmpty() ? NOTHING : String.join(" | ", shown);
    }
}
