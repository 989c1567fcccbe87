/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.Json;
import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.WayBack;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The {@code uplift} command. */
@Command(
        name = "uplift",
        mixinStandardHelpOptions = true,
        version = "uplift 0.1.0",
        description = "Upgrades self-hosted applications and loses nothing.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:what was asked for happened",
            "1:it did not: rolled back, or refused",
            "2:the command line is wrong",
            "3:an upgrade is parked and needs a person",
            "4:the orchestrator cannot be reached, or something is missing here"
        },
        footer = {
            "",
            "Examples:",
            "  uplift demo                                     see it work, on stand-ins",
            "  uplift up                                       start the standalone on this machine",
            "  uplift add /srv/metabase                        register what runs in that directory",
            "  uplift discover --host web1                     what runs there that could be registered",
            "  uplift plan metabase --to v0.50.1               what would happen; changes nothing of metabase's",
            "  uplift upgrade metabase --to v0.50.1            upgrade, with live progress",
            "  source <(uplift generate-completion)            completion of commands and options in bash and zsh"
        },
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            DownCommand.class,
            AddCommand.class,
            DiscoverCommand.class,
            RemoveCommand.class,
            FenceCommand.class,
            ListCommand.class,
            HostsCommand.class,
            PlanCommand.class,
            UpgradeCommand.class,
            StatusCommand.class,
            WatchCommand.class,
            CancelCommand.class,
            RetryCommand.class,
            BackupsCommand.class,
            RestoreCommand.class,
            ReleasesCommand.class,
            DoctorCommand.class,
            ProfileCommand.class,
            GenerateCompletion.class
        })
final class Uplift implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Reads a constant as messages write it. */
    private static <T extends Enum<T>> ITypeConverter<T> wireWord(Class<T> type) {
        return text -> {
            try {
                return Json.mapper().convertValue(text, type);
            } catch (IllegalArgumentException e) {
                String known = Arrays.stream(type.getEnumConstants())
                        .map(constant -> Json.mapper().convertValue(constant, String.class))
                        .collect(Collectors.joining(", "));
                throw new TypeConversionException("'" + text + "' is none of " + known);
            }
        };
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Uplift());
        commandLine.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        commandLine.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Duration.class, Format::parseDuration);
        commandLine.registerConverter(NodeFailure.class, wireWord(NodeFailure.class));
        commandLine.registerConverter(WayBack.class, wireWord(WayBack.class));
        commandLine.setExecutionExceptionHandler((e, failed, parsed) -> {
            if (e instanceof CommandFailedException expected) {
                failed.getErr().println("uplift: " + expected.getMessage());
                return expected.exitCode();
            }
            throw e;
        });
        return commandLine;
    }
}
