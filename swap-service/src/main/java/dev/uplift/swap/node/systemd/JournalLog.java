/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import dev.uplift.host.Exec;
import dev.uplift.host.Host;
import dev.uplift.host.Scrubber;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.ShownLines;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a unit wrote to the journal. A mark is a cursor of the journal. */
record JournalLog(Host host, String unit, Scrubber scrubber) implements NodeLog {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final String CURSOR = "-- cursor: ";
    private static final String LINES_MAX = "400";

    @Override
    public String mark() {
        return journal("--lines=1", "--show-cursor")
                .lines()
                .filter(line -> line.startsWith(CURSOR))
                .map(line -> line.substring(CURSOR.length()))
                .findFirst()
                .orElse("");
    }

    @Override
    public String since(String mark, List<String> telling) {
        String text = mark.isEmpty()
                ? journal("--lines=" + LINES_MAX)
                : journal("--lines=" + LINES_MAX, "--after-cursor=" + mark);
        return ShownLines.of(text, scrubber, telling);
    }

    private String journal(String... options) {
        List<String> argv = new ArrayList<>(List.of("journalctl", "--no-pager", "--quiet", "--output=cat"));
        argv.add("--unit=" + unit);
        argv.addAll(List.of(options));
        try {
            return host.run(Exec.of(ANSWER_MAX, argv.toArray(String[]::new))).output();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
