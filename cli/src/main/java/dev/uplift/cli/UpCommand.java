/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.StandaloneStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = {
            "Starts the standalone on this machine: Kafka, PostgreSQL and the four services.",
            "It listens on loopback only and goes on when this command has ended; `uplift down` stops it. Started again it "
                    + "takes up the upgrades it was stopped in."
        })
final class UpCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = "--base-port",
            paramLabel = "PORT",
            defaultValue = "8480",
            description = "The first of seven ports. Default: ${DEFAULT-VALUE}.")
    private int basePort;

    @Override
    public Integer call() throws InterruptedException {
        Output output = server.output();
        StandaloneStatus status = ServerOptions.standalone(server.home())
                .orElseGet(() -> new StandaloneProcess(server.home(), basePort).start(output));
        if (output.json()) {
            output.json(status);
        } else {
            output.line(
                    "uplift is up: REST " + status.api() + ", Kafka " + status.kafka() + ", data in " + server.home());
        }
        return ExitCode.OK;
    }
}
