package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Follows the upgrades that are under way until each has ended or is parked.")
final class WatchCommand implements Callable<Integer> {
    private static final int LATEST = 200;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "INSTALLATION", description = "Only this one.")
    private String installation = "";

    @Override
    public Integer call() {
        Api api = server.api();
        Output output = server.output();
        List<UUID> live = api.upgrades(installation, LATEST).content().stream()
                .filter(upgrade -> !upgrade.state().isFinal() && upgrade.state() != State.PARKED)
                .map(UpgradeStatus::id)
                .toList();
        if (live.isEmpty()) {
            output.note("nothing is under way");
            return ExitCode.OK;
        }
        return ProgressView.exitCode(new ProgressView(api, output, ProgressView.onTerminal()).follow(live));
    }
}
