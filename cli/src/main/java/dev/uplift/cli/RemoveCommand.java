/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

    @Option(names = "--node", paramLabel = "NODE", description = "Forget only this node of it, such as node-2.")
    private @Nullable String node;

    @Override
    public Integer call() {
        if (node == null) {
            server.api().forget(installation);
            server.output().note("forgot " + installation);
        } else {
            server.api().forgetNode(installation, node);
            server.output().note("forgot " + node + " of " + installation);
        }
        return ExitCode.OK;
    }
}
