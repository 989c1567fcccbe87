package dev.uplift.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = "Forgets an installation. The application, its data and its backups stay as they are.")
final class RemoveCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "INSTALLATION", description = "Name or id.")
    private String installation = "";

    @Override
    public Integer call() {
        server.api().forget(installation);
        server.output().note("forgot " + installation);
        return ExitCode.OK;
    }
}
