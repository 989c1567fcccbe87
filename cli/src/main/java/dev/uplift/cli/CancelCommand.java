/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import java.util.UUID;
import picocli.CommandLine.Command;

@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description =
                "Takes an upgrade back at the next safe point and shows it. Once it is committed there is nothing to cancel.")
final class CancelCommand extends LiveUpgradeCommand {
    @Override
    UpgradeStatus ask(Api api, UUID upgrade) {
        return api.cancel(upgrade);
    }

    @Override
    int finish(Output output, UpgradeStatus ended) {
        return switch (ended.state()) {
            case ROLLED_BACK -> ExitCode.OK;
            case RUNNING, ROLLING_BACK, COMPLETED -> ExitCode.FAILED;
            case PARKED -> ExitCode.PARKED;
        };
    }
}
