/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.Reason;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who gives a command that is kept with its reason. */
final class ReasonOptions {
    @Option(
            names = "--by",
            paramLabel = "NAME",
            description = "Who asks for it; kept and shown. Default: your login, ${sys:user.name}.")
    private @Nullable String by;

    /** Refuses to ignore who asks, where nothing is kept. */
    void requireNone(String reasonOption) {
        if (by != null) {
            throw new CommandFailedException(ExitCode.USAGE, "--by goes with " + reasonOption);
        }
    }

    /** With the reason that the command was given. */
    Reason because(String reason) {
        try {
            return new Reason(by == null ? System.getProperty("user.name", "") : by, reason);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }
}
