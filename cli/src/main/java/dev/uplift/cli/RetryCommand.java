/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "retry",
        mixinStandardHelpOptions = true,
        description = "Lets a parked upgrade go on in the direction it was going, and shows it.")
final class RetryCommand extends LiveUpgradeCommand {
    @Mixin
    private ComposeFiles composeFiles = new ComposeFiles();

    @Override
    UpgradeStatus ask(Api api, UUID upgrade) {
        return api.retry(upgrade);
    }

    @Override
    void require(boolean waiting) {
        composeFiles.requireEnd(waiting);
    }

    @Override
    int finish(Output output, UpgradeStatus ended) {
        composeFiles.update(output, List.of(ended));
        return ExitCode.of(List.of(ended));
    }
}
