package dev.uplift.cli;

import dev.uplift.contract.Check;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Release;
import dev.uplift.contract.api.RegisterInstallation;
import java.nio.file.Path;
import java.time.Duration;
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
            "Registers an application that runs on this machine.",
            "It is asked how it was started: command line, environment, user, port and database come from there. "
                    + "What is secret stays in DIRECTORY/.uplift, readable by its owner only."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  uplift add /srv/metabase                        what runs in that directory, as \"metabase\"",
            "  uplift add --pid 4711 --name sales              that process, as \"sales\""
        })
final class AddCommand implements Callable<Integer> {
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "DIRECTORY", description = "The working directory that it runs in.")
    private @Nullable Path directory;

    @Option(names = "--pid", paramLabel = "PID", description = "Its process, instead of or besides the directory.")
    private @Nullable Long pid;

    @Option(names = "--name", paramLabel = "NAME", description = "Default: the directory's last name.")
    private @Nullable String name;

    @Option(names = "--profile", paramLabel = "NAME", description = "Default: the one that recognises it.")
    private @Nullable String profile;

    @Option(names = "--site", paramLabel = "SITE", description = "Default: default.")
    private @Nullable String site;

    @Override
    public Integer call() throws InterruptedException {
        if (directory == null && pid == null) {
            throw new CommandFailedException(ExitCode.USAGE, "name the DIRECTORY it runs in, or its --pid");
        }
        Output output = server.output();
        InstallationStatus found = register(
                server.api(),
                new RegisterInstallation(
                        name,
                        profile,
                        site,
                        pid,
                        directory == null
                                ? null
                                : directory.toAbsolutePath().normalize().toString()));
        if (output.json()) {
            output.json(found);
        } else {
            describe(output, found);
        }
        return ExitCode.OK;
    }

    /** Registers and waits until its host has answered. */
    static InstallationStatus register(Api api, RegisterInstallation registration) throws InterruptedException {
        InstallationStatus status = api.register(registration);
        long end = System.nanoTime() + WAIT_MAX.toNanos();
        while (status.state() == InstallationStatus.State.REGISTERING) {
            if (System.nanoTime() > end) {
                throw new CommandFailedException(
                        ExitCode.UNAVAILABLE,
                        "no swap-service has answered after " + WAIT_MAX.toSeconds() + " s; see `uplift list`");
            }
            Thread.sleep(100);
            status = api.installation(status.id().toString());
        }
        if (status.state() == InstallationStatus.State.REFUSED) {
            throw new CommandFailedException(ExitCode.FAILED, Output.orDash(status.problem()));
        }
        return status;
    }

    private static void describe(Output output, InstallationStatus found) {
        InstallationSpec spec = found.spec();
        Release running = found.running();
        output.line("added " + found.name());
        if (spec != null && running != null) {
            output.line("  application  " + spec.profile() + " " + running.version());
            output.line("  directory    " + spec.nodes().getFirst().directory());
            output.line("  address      " + spec.nodes().getFirst().baseUrl());
            output.line("  database     " + spec.database().identity());
        }
        for (Check check : found.checks()) {
            output.line("  " + check.verdict() + " " + check.name() + ": " + check.detail());
        }
    }
}
