/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a process has from whoever started it, besides its command line, environment, user and directory. Absent values
 * are not known, and are left as they come.
 *
 * @param umask in octal, such as {@code 0027}
 * @param nice from -20 to 19
 * @param oomScoreAdjustment from -1000 to 1000
 * @param scheduling as options of {@code chrt}: {@code --other 0}, {@code --batch 0}, {@code --idle 0}, {@code --fifo
 *     PRIORITY} or {@code --rr PRIORITY}
 * @param io as options of {@code ionice}: {@code -c CLASS} or {@code -c CLASS -n PRIORITY}
 * @param cpus that it may run on, such as {@code 0-3,8}
 * @param limits by the names that {@code prlimit} has for them, such as {@code nofile}: soft and hard one, {@code
 *     1024:4096}, or {@code unlimited}
 * @param ambientCapabilities by their numbers
 * @param droppedCapabilities those that neither it nor what it starts can ever have, although who looked could
 * @param noNewPrivileges whether it can never gain any
 */
public record Inherited(
        @Nullable String umask,
        @Nullable Integer nice,
        @Nullable Integer oomScoreAdjustment,
        @Nullable String scheduling,
        @Nullable String io,
        @Nullable String cpus,
        Map<String, String> limits,
        List<Integer> ambientCapabilities,
        List<Integer> droppedCapabilities,
        boolean noNewPrivileges) {
    private static final String READ_AND_WRITE = "rw-rw-rw-";
    private static final String USUAL_UMASK = "0022";
    private static final Pattern UMASK = Pattern.compile("[0-7]{1,4}");
    private static final Pattern SCHEDULING = Pattern.compile("--(?:other|batch|idle|fifo|rr) \\d{1,2}");
    private static final Pattern IO = Pattern.compile("-c [0-3](?: -n [0-7])?");
    private static final Pattern CPUS = Pattern.compile("\\d[\\d,-]*");
    private static final Pattern LIMIT_NAME = Pattern.compile("[a-z]{1,20}");
    private static final Pattern LIMIT = Pattern.compile("(?:\\d{1,20}|unlimited):(?:\\d{1,20}|unlimited)");

    /** Checked, because a shell is told them. */
    public Inherited {
        require(UMASK, umask);
        require(SCHEDULING, scheduling);
        require(IO, io);
        require(CPUS, cpus);
        limits = limits == null ? Map.of() : new TreeMap<>(limits);
        limits.forEach((name, value) -> {
            require(LIMIT_NAME, name);
            require(LIMIT, value);
        });
        ambientCapabilities = ambientCapabilities == null ? List.of() : List.copyOf(ambientCapabilities);
        droppedCapabilities = droppedCapabilities == null ? List.of() : List.copyOf(droppedCapabilities);
    }

    /** Of what nobody has looked at. */
    static final Inherited UNKNOWN =
            new Inherited(null, null, null, null, null, null, Map.of(), List.of(), List.of(), false);

    String umaskOrUsual() {
        return umask == null ? USUAL_UMASK : umask;
    }

    /** The mode of a file that a shell makes for it. */
    Set<PosixFilePermission> fileMode() {
        int taken = Integer.parseInt(umaskOrUsual(), 8);
        StringBuilder mode = new StringBuilder(READ_AND_WRITE);
        for (int i = 0; i < mode.length(); i++) {
            if ((taken >> (mode.length() - 1 - i) & 1) == 1) {
                mode.setCharAt(i, '-');
            }
        }
        return PosixFilePermissions.fromString(mode.toString());
    }

    private static void require(Pattern pattern, @Nullable String value) {
        if (value != null && !pattern.matcher(value).matches()) {
            throw new IllegalArgumentException("'" + value + "' is nothing that a process inherits");
        }
    }
}
