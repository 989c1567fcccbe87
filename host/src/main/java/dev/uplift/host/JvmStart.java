/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The moment of its start in which a JVM is in another directory than its own: HotSpot changes to that of its
 * performance data, and back ({@code perfMemory_posix.cpp}). Until it is back, nobody can tell which JAR a relative
 * {@code -jar} names.
 */
final class JvmStart {
    private static final String PERFORMANCE_DATA = "/tmp/hsperfdata_";
    private static final Duration WAIT_MAX = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(10);

    private JvmStart() {}

    /** A look at the processes that run a JAR. */
    @FunctionalInterface
    interface Look {
        List<RunningProcess> jars() throws IOException;
    }

    /** Looks again until none is in that moment; what stays in there for longer is in a directory of its own choice. */
    static List<RunningProcess> over(Look look) throws IOException {
        long begun = System.nanoTime();
        List<RunningProcess> jars = look.jars();
        while (jars.stream().anyMatch(JvmStart::isPassing) && System.nanoTime() - begun < WAIT_MAX.toNanos()) {
            LockSupport.parkNanos(POLL.toNanos());
            jars = look.jars();
        }
        return jars;
    }

    private static boolean isPassing(RunningProcess process) {
        return process.directory()
                .filter(directory -> directory.startsWith(PERFORMANCE_DATA))
                .isPresent();
    }
}
