package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "upgrade",
        mixinStandardHelpOptions = true,
        description = "Upgrades installations and shows it live. What fails comes back with its data.")
final class UpgradeCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private TargetOptions target = new TargetOptions();

    @Option(names = "--no-wait", description = "Begin, print the ids, and return.")
    private boolean noWait;

    @Override
    public Integer call() {
        Api api = server.api();
        return follow(api, server.output(), api.upgrade(target.request()), noWait);
    }

    /** Shows what was begun until it ends; refusals are told and make the exit code not 0. */
    static int follow(Api api, Output output, AcceptedSagas sagas, boolean noWait) {
        sagas.refused().forEach(refusal -> output.note("uplift: " + refusal.installation() + ": " + refusal.reason()));
        int refused = sagas.refused().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
        List<UUID> ids =
                sagas.accepted().stream().map(AcceptedSagas.Accepted::upgradeId).toList();
        if (noWait) {
            sagas.accepted().forEach(accepted -> {
                if (output.json()) {
                    output.json(accepted);
                } else {
                    output.line(accepted.installation() + " " + accepted.upgradeId());
                }
            });
            return refused;
        }
        List<UpgradeStatus> ended = new ProgressView(api, output, ProgressView.onTerminal()).follow(ids);
        return Math.max(refused, ProgressView.exitCode(ended));
    }
}
