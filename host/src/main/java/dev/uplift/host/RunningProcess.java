/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.util.List;
import java.util.Optional;

/**
 * A process as {@code /proc} shows it. Of what is not UTF-8 each wrong byte is an {@link #UNREADABLE}: the process is seen,
 * but could not be started so again.
 *
 * @param argv its command line. It may hold secrets: it is not printed
 * @param directory canonical working directory; empty if it may not be read
 * @param executable canonical path of its program; empty if it may not be read
 * @param uid the effective user
 */
public record RunningProcess(
        ProcessIdentity identity,
        long parentPid,
        List<String> argv,
        Optional<String> directory,
        Optional<String> executable,
        long uid,
        long gid,
        List<Long> groups) {
    /** Stands for bytes that are no text in UTF-8. */
    public static final char UNREADABLE = '\uFFFD';

    public RunningProcess {
        argv = List.copyOf(argv);
        groups = List.copyOf(groups);
    }

    public long pid() {
        return identity.pid();
    }

    /** What follows {@code -jar}: the path as the command line has it; empty if no JAR is run. */
    public Optional<String> jar() {
        int flag = argv.indexOf("-jar");
        return flag > 0 && flag + 1 < argv.size() ? Optional.of(argv.get(flag + 1)) : Optional.empty();
    }

    /** Some of them, for a person. */
    public static String names(List<RunningProcess> processes) {
        return String.join(
                ", ", processes.stream().map(RunningProcess::toString).toList());
    }

    @Override
    public String toString() {
        return "process " + identity.pid();
    }
}
