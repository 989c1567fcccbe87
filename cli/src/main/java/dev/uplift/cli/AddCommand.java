/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.Check;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.RegisterInstallation;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "add",
        mixinStandardHelpOptions = true,
        description = {
            "Registers an application that runs: a process, a unit of systemd, or a container.",
            "It is asked how it was started: command line, environment, user, port and database come from there. "
                    + "What is secret stays on its host, readable by its owner only."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  uplift add /srv/metabase                        what runs in that directory, as \"metabase\"",
            "  uplift add --pid 4711 --name sales              that process, as \"sales\"",
            "  uplift add --host web1 --unit metabase.service  a unit on another host",
            "  uplift add --container metabase                 a container of this machine's Docker Engine",
            "  uplift add --to sales --host web2 --unit metabase.service",
            "                                                  another node of \"sales\", on the same database"
        })
final class AddCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "DIRECTORY", description = "The working directory that it runs in.")
    private @Nullable Path directory;

    @Option(names = "--pid", paramLabel = "PID", description = "Its process, instead of or besides the directory.")
    private @Nullable Long pid;

    @Option(names = "--unit", paramLabel = "UNIT", description = "The unit that starts it, such as metabase.service.")
    private @Nullable String unit;

    @Option(names = "--container", paramLabel = "NAME", description = "The container that it runs in.")
    private @Nullable String container;

    @Option(
            names = "--extract-h2",
            description = "Allow to move an H2 database, which a container without a volume would lose, to a volume.")
    private boolean extractH2;

    @Option(
            names = "--take-fence",
            paramLabel = "REASON",
            description = "Take it from the installation whose fence is beside it, and which is gone or wrong.")
    private @Nullable String takeFence;

    @Mixin
    private ReasonOptions reason = new ReasonOptions();

    @Option(
            names = "--assume-database",
            description = {
                "Register it although it cannot be seen to work on the database that its command line and environment"
                        + " name.",
                "If it works on another one, an upgrade changes data that no backup has. Status and every plan say so."
            })
    private boolean assumeDatabase;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "The host it runs on, from `uplift hosts list`. Default: the workers' own.")
    private @Nullable String host;

    @Option(
            names = "--to",
            paramLabel = "INSTALLATION",
            description = "Add it as another node of this installation, whose database it works on.")
    private @Nullable String to;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Default: the last name of the directory, or that of the unit or container.")
    private @Nullable String name;

    @Option(names = "--profile", paramLabel = "NAME", description = "Default: the one that recognises it.")
    private @Nullable String profile;

    @Option(names = "--site", paramLabel = "SITE", description = "Default: that of the host, or default.")
    private @Nullable String site;

    @Override
    public Integer call() throws InterruptedException {
        boolean process = directory != null || pid != null;
        if ((process ? 1 : 0) + (unit == null ? 0 : 1) + (container == null ? 0 : 1) != 1) {
            throw new CommandFailedException(
                    ExitCode.USAGE, "name the DIRECTORY it runs in or its --pid, or its --unit, or its --container");
        }
        if (host != null && directory != null && !directory.isAbsolute()) {
            throw new CommandFailedException(ExitCode.USAGE, "name the whole path of the DIRECTORY on host " + host);
        }
        if (to != null && (name != null || profile != null || site != null || extractH2 || takeFence != null)) {
            throw new CommandFailedException(
                    ExitCode.USAGE,
                    "a node has the name, profile and site of the installation that --to names; --take-fence is for a new one");
        }
        if (takeFence == null) {
            reason.requireNone("--take-fence");
        }
        Output output = server.output();
        String path = directory == null
                ? null
                : directory.toAbsolutePath().normalize().toString();
        InstallationStatus found = to == null
                ? Registration.ofInstallation(
                        server.api(),
                        new RegisterInstallation(
                                name,
                                profile,
                                site,
                                pid,
                                path,
                                host,
                                unit,
                                container,
                                extractH2 ? true : null,
                                takeFence == null ? null : reason.because(takeFence),
                                assumeDatabase ? true : null))
                : Registration.ofNode(
                        server.api(), to, new AddNode(pid, path, host, unit, container, assumeDatabase ? true : null));
        if (output.json()) {
            output.json(found);
        } else {
            describe(output, found);
        }
        return ExitCode.OK;
    }

    private static String describe(NodeSpec node) {
        String host = node.host().equals(NodeSpec.LOCAL) ? "" : node.host() + ": ";
        return host
                + switch (node) {
                    case NodeSpec.JarProcess process -> "process in " + process.directory();
                    case NodeSpec.Systemd unit -> "unit " + unit.unit() + " in " + unit.directory();
                    case NodeSpec.Docker container -> "container " + container.container() + " of " + container.image();
                };
    }

    private static void describe(Output output, InstallationStatus found) {
        InstallationSpec spec = found.spec();
        Release running = found.running();
        output.line("added " + found.name());
        if (spec != null && running != null) {
            output.line("  application  " + spec.profile() + " " + running.version());
            for (NodeSpec node : spec.nodes()) {
                output.line("  " + String.format("%-12s", node.name()) + " " + describe(node));
                output.line("  address      " + node.baseUrl());
            }
            output.line("  database     " + Format.database(spec));
        }
        for (Check check : found.checks()) {
            output.line("  " + check.verdict() + " " + check.name() + ": " + check.detail());
        }
    }
}
