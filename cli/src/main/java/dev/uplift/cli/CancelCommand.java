package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description =
                "Takes an upgrade back at the next safe point and shows it. Once it is committed there is nothing to cancel.")
final class CancelCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "INSTALLATION", description = "Name or id of the installation.")
    private String installation = "";

    @Option(names = "--no-wait", description = "Ask for it and return.")
    private boolean noWait;

    @Override
    public Integer call() {
        Api api = server.api();
        Output output = server.output();
        UpgradeStatus asked = api.cancel(LiveUpgrade.of(api, installation));
        if (noWait) {
            return ExitCode.OK;
        }
        List<UpgradeStatus> ended =
                new ProgressView(api, output, ProgressView.onTerminal()).follow(List.of(asked.id()));
        return ended.getFirst().state() == UpgradeStatus.State.ROLLED_BACK ? ExitCode.OK : ProgressView.exitCode(ended);
    }
}
