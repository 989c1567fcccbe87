package dev.uplift.cli;

import dev.uplift.contract.api.Reason;
import picocli.CommandLine.Option;

/** Who gives a command that is kept with its reason. */
final class ReasonOptions {
    @Option(
            names = "--by",
            paramLabel = "NAME",
            defaultValue = "${sys:user.name}",
            description = "Who asks for it; kept and shown. Default: your login, ${DEFAULT-VALUE}.")
    private String by = "";

    /** With the reason that the command was given. */
    Reason because(String reason) {
        try {
            return new Reason(by, reason);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }
}
