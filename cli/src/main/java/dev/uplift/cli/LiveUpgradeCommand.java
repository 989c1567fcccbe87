/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.UpgradeStatus;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks something of the upgrade that works on an installation, or is parked on it, and shows what comes of it. */
abstract sealed class LiveUpgradeCommand implements Callable<Integer> permits CancelCommand, RetryCommand {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "INSTALLATION", description = "Name or id of the installation.")
    private String installation = "";

    @Option(names = "--no-wait", description = "Ask for it, print the upgrade's id, and return.")
    private boolean noWait;

    /** Asks; returns the upgrade as it is then. */
    abstract UpgradeStatus ask(Api api, UUID upgrade);

    /** @throws CommandFailedException if what is asked for cannot be done without waiting for the end */
    void require(boolean waiting) {}

    /** Does what is left to do once it has ended; returns the exit code that its end asks for. */
    abstract int finish(Output output, UpgradeStatus ended);

    @Override
    public final Integer call() {
        require(!noWait);
        Api api = server.api();
        Output output = server.output();
        InstallationStatus status = api.installation(installation);
        if (status.liveUpgrade() == null) {
            throw new CommandFailedException(
                    ExitCode.FAILED,
                    "nothing is under way or parked on " + status.name() + "; `uplift status " + status.name()
                            + "` shows its last upgrade");
        }
        UpgradeStatus asked = ask(api, status.liveUpgrade());
        if (noWait) {
            if (output.json()) {
                output.json(asked);
            } else {
                output.line(asked.installation() + " " + asked.id());
            }
            return ExitCode.OK;
        }
        return finish(
                output, new Follower(api, output).follow(List.of(asked.id())).getFirst());
    }
}
