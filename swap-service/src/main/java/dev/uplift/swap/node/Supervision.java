/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.Host;
import dev.uplift.host.RunningProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * By its control group: what a process is a part of that Uplift itself is not. A person's own processes are in
 * sessions, which are no services.
 *
 * @param unit a service of the system; empty: it is in none
 * @param container the first characters of its id; empty: it is in none
 */
public record Supervision(Optional<String> unit, Optional<String> container) {
    private static final Pattern UNIT = Pattern.compile("/([A-Za-z0-9:_.@-]+\\.service)(?:/|$)", Pattern.MULTILINE);
    private static final Pattern CONTAINER =
            Pattern.compile("(?:docker|libpod|crio|containerd)[-/:](?:[^/]*[-/])?([0-9a-f]{12})[0-9a-f]{52}");
    private static final int BYTES_MAX = 65_536;

    /** What a process is a part of at this moment. */
    public static Supervision of(Host host, RunningProcess process) throws IOException {
        String theirs = read(host, Long.toString(process.pid()));
        String ours = read(host, "self");
        return new Supervision(
                theirs.contains("/user@") ? Optional.empty() : last(UNIT, theirs, ours), last(CONTAINER, theirs, ours));
    }

    private static Optional<String> last(Pattern pattern, String theirs, String ours) {
        Optional<String> found = last(pattern, theirs);
        return found.equals(last(pattern, ours)) ? Optional.empty() : found;
    }

    private static Optional<String> last(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        Optional<String> found = Optional.empty();
        while (matcher.find()) {
            found = Optional.of(matcher.group(1));
        }
        return found;
    }

    private static String read(Host host, String process) throws IOException {
        try {
            Path file = Path.of("/proc", process, "cgroup");
            return new String(host.files().read(file, BYTES_MAX), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        }
    }
}
