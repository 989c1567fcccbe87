/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import java.util.List;

/** What the exit codes of {@code uplift} mean. Documented in {@code uplift --help}; stable. */
public final class ExitCode {
    /** What was asked for happened. */
    public static final int OK = 0;

    /** It did not: an upgrade was rolled back, or a request was refused. */
    public static final int FAILED = 1;

    /** The command line is wrong. */
    public static final int USAGE = 2;

    /** An upgrade is parked and needs a person. */
    public static final int PARKED = 3;

    /** The orchestrator cannot be reached, or something is missing on this machine. */
    public static final int UNAVAILABLE = 4;

    private ExitCode() {}

    /** What those ends ask for: parked outweighs rolled back. */
    static int of(List<UpgradeStatus> ended) {
        if (ended.stream().anyMatch(status -> status.state() == State.PARKED)) {
            return PARKED;
        }
        return ended.stream().allMatch(status -> status.state() == State.COMPLETED) ? OK : FAILED;
    }
}
