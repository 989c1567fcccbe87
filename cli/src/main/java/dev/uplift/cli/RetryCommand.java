package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;

@Command(
        name = "retry",
        mixinStandardHelpOptions = true,
        description = "Lets a parked upgrade go on in the direction it was going, and shows it.")
final class RetryCommand extends LiveUpgradeCommand {
    @Override
    UpgradeStatus ask(Api api, UUID upgrade) {
        return api.retry(upgrade);
    }

    @Override
    int exitCode(UpgradeStatus ended) {
        return ExitCode.of(List.of(ended));
    }
}
