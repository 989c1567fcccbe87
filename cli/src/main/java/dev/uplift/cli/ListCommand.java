/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.InstallationStatus;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "list", mixinStandardHelpOptions = true, description = "Lists installations.")
final class ListCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "Only those with TEXT in their name.")
    private String text = "";

    @Override
    public Integer call() {
        List<InstallationStatus> installations = server.api().installations(text);
        Output output = server.output();
        if (output.json()) {
            installations.forEach(output::json);
            return ExitCode.OK;
        }
        output.table(
                List.of("NAME", "STATE", "APPLICATION", "VERSION", "DATABASE", "PROBLEM"),
                installations.stream()
                        .map(installation -> List.of(
                                installation.name(),
                                installation.state().name(),
                                Optional.ofNullable(installation.spec())
                                        .map(spec -> spec.profile())
                                        .orElse("-"),
                                Optional.ofNullable(installation.running())
                                        .map(release -> release.version())
                                        .orElse("-"),
                                Optional.ofNullable(installation.spec())
                                        .map(Format::database)
                                        .orElse("-"),
                                problem(installation)))
                        .toList());
        return ExitCode.OK;
    }

    private static String problem(InstallationStatus installation) {
        return installation.leftOut().isEmpty()
                ? Output.orDash(installation.problem())
                : "without " + UpgradeLine.names(installation.leftOut())
                        + (installation.problem() == null ? "" : "; " + installation.problem());
    }
}
