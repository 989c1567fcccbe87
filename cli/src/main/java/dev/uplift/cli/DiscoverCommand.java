/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.api.DiscoveredNode;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.DiscoveryStatus.State;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "discover",
        mixinStandardHelpOptions = true,
        description = {
            "Finds what runs on a host and could be registered: processes, units of systemd and containers that a "
                    + "profile recognises.",
            "For what is new it prints the command that registers it; of several nodes on one database, the first makes "
                    + "the installation and the others join it. What cannot be registered as it is, is listed with "
                    + "the reason. Nothing is changed."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the host was looked at, whatever was found",
            "1:it could not be, or no host has that name",
            "2:the command line is wrong",
            "4:the orchestrator cannot be reached"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  uplift discover               on the workers' own host",
            "  uplift discover --host web1   on a host from `uplift hosts list`"
        })
final class DiscoverCommand implements Callable<Integer> {
    private static final Duration WAIT_MAX = Duration.ofMinutes(3);
    private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z0-9_/:=.,@%+-]+");

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = NodeSpec.LOCAL,
            description = "The host, from `uplift hosts list`. Default: the workers' own.")
    private String host = "";

    @Option(names = "--site", paramLabel = "SITE", description = "Default: that of the host, or default.")
    private @Nullable String site;

    @Override
    public Integer call() throws InterruptedException {
        Output output = server.output();
        Api api = server.api();
        output.note("looking at what runs on " + place() + " ...");
        DiscoveryStatus answer = answered(api);
        if (output.json()) {
            answer.nodes().forEach(output::json);
        } else {
            show(output, answer.nodes());
        }
        answer.notes().forEach(output::note);
        return ExitCode.OK;
    }

    private String place() {
        return host.equals(NodeSpec.LOCAL) ? "the workers' own host" : "host " + host;
    }

    private DiscoveryStatus answered(Api api) throws InterruptedException {
        UUID id = api.discover(host, site).id();
        DiscoveryStatus status =
                Poll.until(WAIT_MAX, () -> api.discovery(host, id), answer -> answer.state() != State.SEARCHING);
        return switch (status.state()) {
            case DONE -> status;
            case FAILED -> throw new CommandFailedException(ExitCode.FAILED, Output.orDash(status.problem()));
            case SEARCHING ->
                throw new CommandFailedException(
                        ExitCode.UNAVAILABLE, "no swap-service has answered after " + WAIT_MAX.toMinutes() + " min");
        };
    }

    private void show(Output output, List<DiscoveredNode> nodes) {
        List<DiscoveredNode> known =
                nodes.stream().filter(node -> node.reason() == null).toList();
        List<DiscoveredNode> unusable =
                nodes.stream().filter(node -> node.reason() != null).toList();
        List<DiscoveredNode> proposed =
                known.stream().filter(node -> !node.registered()).toList();
        if (!known.isEmpty()) {
            output.table(
                    List.of("NAME", "STATE", "APPLICATION", "VERSION", "KIND", "WHERE", "DATABASE"),
                    known.stream().map(DiscoverCommand::row).toList());
        }
        if (!proposed.isEmpty()) {
            output.line("");
            output.line("Register what is new, in this order:");
            proposed.forEach(node -> output.line("  " + line(node.command())));
        }
        if (!unusable.isEmpty()) {
            if (!known.isEmpty()) {
                output.line("");
            }
            output.line("Cannot be registered as it is:");
            unusable.forEach(node -> output.line("  " + named(node) + ": " + node.reason()));
        }
        if (nodes.isEmpty()) {
            output.note(
                    "nothing that a profile recognises runs on " + place() + "; an application is found while it runs");
        } else if (proposed.isEmpty() && unusable.isEmpty()) {
            output.note("all of it is registered");
        }
    }

    private static List<String> row(DiscoveredNode node) {
        return List.of(
                Output.orDash(node.name()),
                node.registered() ? "registered" : "new",
                Output.orDash(node.profile()),
                Output.orDash(node.version()),
                node.kind().name().toLowerCase(Locale.ROOT),
                node.place(),
                Output.orDash(node.database()));
    }

    private static String named(DiscoveredNode node) {
        String place = switch (node.kind()) {
            case PROCESS -> node.place();
            case SYSTEMD -> "unit " + node.place();
            case DOCKER -> "container " + node.place();
        };
        return node.profile() == null ? place : place + " (" + node.profile() + ")";
    }

    /** The words as a shell takes them. */
    static String line(List<String> words) {
        return String.join(
                " ",
                words.stream()
                        .map(word -> PLAIN_WORD.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'")
                        .toList());
    }
}
