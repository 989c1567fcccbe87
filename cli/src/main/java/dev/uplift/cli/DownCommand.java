/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description =
                "Stops the standalone. The applications it looks after go on; upgrades under way wait until `uplift up`.")
final class DownCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Override
    public Integer call() {
        Output output = server.output();
        output.note(StandaloneProcess.stop(server.home()) ? "uplift is down" : "nothing runs with " + server.home());
        return ExitCode.OK;
    }
}
