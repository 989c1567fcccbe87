/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.ShownLines;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The logs of an application that writes its errors to another place than its output. */
record BothLogs(NodeLog output, NodeLog errors) implements NodeLog {
    private static final String BETWEEN = "\n";

    @Override
    public String mark() {
        return output.mark() + BETWEEN + errors.mark();
    }

    @Override
    public String since(String mark, List<String> telling) {
        String[] marks = mark.isEmpty() ? new String[] {"", ""} : mark.split(BETWEEN, 2);
        String shown = Stream.of(output.since(marks[0], telling), errors.since(marks[1], telling))
                .filter(text -> !text.equals(ShownLines.NOTHING))
                .collect(Collectors.joining(" | "));
        return shown.isEmpty() ? ShownLines.NOTHING : shown;
    }
}
