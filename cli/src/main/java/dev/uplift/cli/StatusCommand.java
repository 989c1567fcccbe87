package dev.uplift.cli;

import dev.uplift.contract.Incident;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.Page;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the latest upgrades and what went wrong lately.",
            "With an INSTALLATION: its last upgrade step by step, and what to do if it is parked."
        })
final class StatusCommand implements Callable<Integer> {
    private static final int REASON_CHARACTERS_MAX = 120;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Parameters(arity = "0..1", paramLabel = "INSTALLATION", description = "Name or id.")
    private String installation = "";

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Override
    public Integer call() {
        Api api = server.api();
        Output output = server.output();
        Page<UpgradeStatus> upgrades = api.upgrades(installation, installation.isEmpty() ? limit : 1);
        if (!installation.isEmpty() && upgrades.content().isEmpty()) {
            api.installation(installation);
            output.note(installation + " has never been upgraded");
            return ExitCode.OK;
        }
        if (output.json()) {
            upgrades.content().forEach(output::json);
        } else if (installation.isEmpty()) {
            overview(output, upgrades);
            incidents(output, api.incidents(limit));
        } else {
            upgrades.content().forEach(upgrade -> detail(output, upgrade));
        }
        return upgrades.content().stream().anyMatch(upgrade -> upgrade.state() == State.PARKED)
                ? ExitCode.PARKED
                : ExitCode.OK;
    }

    private static void overview(Output output, Page<UpgradeStatus> upgrades) {
        output.table(
                List.of("STARTED", "INSTALLATION", "FROM", "TO", "STATE"),
                upgrades.content().stream()
                        .map(upgrade -> List.of(
                                upgrade.startedAt()
                                        .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                                        .toString(),
                                upgrade.installation(),
                                upgrade.from().version(),
                                upgrade.to().version(),
                                shortened(ProgressView.describe(upgrade))))
                        .toList());
    }

    private static void incidents(Output output, Page<Incident> incidents) {
        if (incidents.content().isEmpty()) {
            return;
        }
        output.line("");
        output.line("incidents (" + incidents.total() + ")");
        for (Incident incident : incidents.content()) {
            output.line("  " + incident.at().truncatedTo(java.time.temporal.ChronoUnit.SECONDS) + "  "
                    + incident.source() + "  " + incident.problem());
        }
    }

    static void detail(Output output, UpgradeStatus upgrade) {
        output.line(upgrade.installation() + ": " + upgrade.from().version() + " -> "
                + upgrade.to().version() + "  " + ProgressView.describe(upgrade));
        output.line("  upgrade " + upgrade.id() + ", epoch " + upgrade.epoch());
        output.table(
                List.of("  STEP", "STATE", "ATTEMPTS", "TOOK", "UNDO TOOK"),
                upgrade.steps().stream()
                        .map(step -> List.of(
                                "  " + step.step(),
                                step.state().name(),
                                String.valueOf(step.attempt()),
                                took(step.doMillis()),
                                took(step.undoMillis())))
                        .toList());
        if (upgrade.backup() != null) {
            output.line("  backup " + upgrade.backup().id() + ", "
                    + Format.bytes(upgrade.backup().sizeBytes()));
        }
        if (upgrade.state() == State.PARKED) {
            output.line("");
            output.line("It is stopped safely and needs you. Mend what the reason names, then `uplift retry "
                    + upgrade.installation() + "`. docs/operations.md has the runbook.");
        }
    }

    /** The whole reason is in the detail of the installation. */
    private static String shortened(String text) {
        return text.length() > REASON_CHARACTERS_MAX ? text.substring(0, REASON_CHARACTERS_MAX - 1) + "…" : text;
    }

    static String took(@org.jspecify.annotations.Nullable Long millis) {
        return Optional.ofNullable(millis)
                .map(value -> Format.duration(Duration.ofMillis(value)))
                .orElse("-");
    }
}
