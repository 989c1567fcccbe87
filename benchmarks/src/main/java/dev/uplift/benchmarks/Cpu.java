/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What processes have used of the processors, from {@code /proc}. */
final class Cpu {
    private static final long TICKS_PER_SECOND = 100;

    /** Of {@code /proc/PID/stat} behind the name: user, system, and the same of children that have ended. */
    private static final int USED_FIRST = 11;

    private static final int USED_LAST = 14;

    /** Of {@code /proc/stat}: idle, and waiting for a disk. */
    private static final int IDLE = 3;

    private static final int WAITING = 4;

    private static final int COUNTED = 8;

    private Cpu() {}

    /** Of a process and all below it, those that have ended and were collected included. */
    static Duration ofTree(ProcessHandle root) throws IOException {
        Duration sum = of(root);
        for (ProcessHandle child : root.descendants().toList()) {
            sum = sum.plus(of(child));
        }
        return sum;
    }

    /** Of the machine, whoever used it. */
    static Duration ofMachine() throws IOException {
        long[] ticks = Arrays.stream(Files.readAllLines(Path.of("/proc/stat"))
                        .getFirst()
                        .replaceFirst("cpu\\s+", "")
                        .split(" ", -1))
                .limit(COUNTED)
                .mapToLong(Long::parseLong)
                .toArray();
        return duration(Arrays.stream(ticks).sum() - ticks[IDLE] - ticks[WAITING]);
    }

    /** Of a process, and of its children that have ended and were collected. */
    static Duration of(ProcessHandle process) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            List<String> fields =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1));
            return duration(fields.subList(USED_FIRST, USED_LAST + 1).stream()
                    .mapToLong(Long::parseLong)
                    .sum());
        } catch (NoSuchFileException e) {
            return Duration.ZERO;
        }
    }

    private static Duration duration(long ticks) {
        return Duration.ofMillis(ticks * 1_000 / TICKS_PER_SECOND);
    }
}
