/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Follows the upgrades that are under way until each has ended or is parked.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  uplift watch                                    all of them",
            "  uplift watch sales --json                       one document per change of one of them"
        })
final class WatchCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private ComposeFiles composeFiles = new ComposeFiles();

    @Parameters(arity = "0..1", paramLabel = "INSTALLATION", description = "Only this one.")
    private String installation = "";

    @Override
    public Integer call() {
        Api api = server.api();
        Output output = server.output();
        if (!installation.isEmpty()) {
            api.installation(installation);
        }
        List<UUID> live = Stream.of(State.RUNNING, State.ROLLING_BACK)
                .flatMap(state -> api.upgrades(installation, state).stream())
                .map(UpgradeStatus::id)
                .distinct()
                .toList();
        if (live.isEmpty()) {
            output.note("nothing is under way");
            return ExitCode.OK;
        }
        List<UpgradeStatus> ended = new Follower(api, output).follow(live);
        composeFiles.update(output, ended);
        return ExitCode.of(ended);
    }
}
