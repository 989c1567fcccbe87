/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Incident;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Outage;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.Page;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows every parked upgrade, the latest ones and what went wrong lately.",
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
        if (installation.isEmpty()) {
            return overview(api, output);
        }
        List<UpgradeStatus> last = api.upgrades(installation, 1).content();
        if (last.isEmpty()) {
            InstallationSpec spec = api.installation(installation).spec();
            output.note(installation + " has never been upgraded");
            if (spec != null && !spec.databaseAssumedFor().isEmpty()) {
                output.note("its database: " + Format.database(spec));
            }
        }
        for (UpgradeStatus upgrade : last) {
            if (output.json()) {
                output.json(upgrade);
            } else {
                detail(output, upgrade);
            }
        }
        return exitCode(last);
    }

    private int overview(Api api, Output output) {
        Map<UUID, UpgradeStatus> shown = new LinkedHashMap<>();
        api.upgrades("", State.PARKED).forEach(parked -> shown.put(parked.id(), parked));
        api.upgrades("", limit).content().forEach(latest -> shown.putIfAbsent(latest.id(), latest));
        if (output.json()) {
            shown.values().forEach(output::json);
            return exitCode(shown.values());
        }
        output.table(
                List.of("STARTED", "INSTALLATION", "FROM", "TO", "STATE"),
                shown.values().stream()
                        .map(upgrade -> List.of(
                                Format.time(upgrade.startedAt()),
                                upgrade.installation(),
                                upgrade.from().version(),
                                upgrade.to().version(),
                                shortened(UpgradeLine.describe(upgrade))))
                        .toList());
        incidents(output, api.incidents(limit));
        return exitCode(shown.values());
    }

    private static int exitCode(Collection<UpgradeStatus> upgrades) {
        return upgrades.stream().anyMatch(upgrade -> upgrade.state() == State.PARKED) ? ExitCode.PARKED : ExitCode.OK;
    }

    private static void incidents(Output output, Page<Incident> incidents) {
        if (incidents.content().isEmpty()) {
            return;
        }
        output.line("");
        output.line("incidents (" + incidents.total() + ")");
        for (Incident incident : incidents.content()) {
            output.line("  " + Format.time(incident.at()) + "  " + incident.source() + "  " + incident.problem());
        }
    }

    static void detail(Output output, UpgradeStatus upgrade) {
        output.line(upgrade.installation() + ": " + upgrade.from().version() + " -> "
                + upgrade.to().version() + "  " + UpgradeLine.describe(upgrade));
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
        upgrade.down().forEach(outage -> output.line("  " + line(outage)));
        if (upgrade.backup() != null) {
            output.line("  backup " + upgrade.backup().id() + ", "
                    + ByteCount.text(upgrade.backup().sizeBytes()));
        }
        upgrade.leftOut()
                .forEach(left -> output.line(
                        "  WITHOUT " + left.node() + ", which is kept down until the next upgrade: " + left.detail()));
        upgrade.steps().stream().map(UpgradeStatus.StepStatus::output).forEach(found -> {
            if (found instanceof StepOutput.MigratedDown down) {
                output.line("  " + down.detail());
            } else if (found instanceof StepOutput.NodesStopped(var _, var released) && released != null) {
                output.line("  stopped: " + released);
            }
        });
        PlanCommand.checks(upgrade).stream()
                .filter(check -> check.verdict() == Check.Verdict.WARN)
                .forEach(check -> output.line("  " + check.verdict() + " " + check.name() + ": " + check.detail()));
        if (upgrade.state() == State.PARKED) {
            output.line("");
            output.line(
                    "It is stopped safely and needs you. " + advice(upgrade) + " docs/operations.md has the runbook.");
        }
    }

    private static String line(Outage outage) {
        return outage.endedAt() == null
                ? "down since " + Format.time(outage.beganAt())
                : "down from " + Format.time(outage.beganAt()) + " to " + Format.time(outage.endedAt()) + ", "
                        + Format.duration(Duration.between(outage.beganAt(), outage.endedAt()));
    }

    /** What takes a parked upgrade out of it. On the way back, and at COMMIT, there is only one way to go. */
    private static String advice(UpgradeStatus parked) {
        String retry = "`uplift retry " + parked.installation() + "`";
        String cancel = "`uplift cancel " + parked.installation() + "`";
        UpgradeStatus.Failure failure = parked.failure();
        if (failure != null && failure.code() == ErrorCode.BACKUP_OUTDATED) {
            return "Stop what the reason names, then " + cancel + ": it cannot go on, and the data stay as they are.";
        }
        boolean forward = failure != null && failure.direction() == Direction.DO && failure.step() != StepName.COMMIT;
        return "Mend what the reason names, then " + retry + (forward ? ", or " + cancel + " to go back." : ".");
    }

    /** The whole reason is in the detail of the installation. */
    private static String shortened(String text) {
        return text.length() > REASON_CHARACTERS_MAX ? text.substring(0, REASON_CHARACTERS_MAX - 1) + "…" : text;
    }

    static String took(@Nullable Long millis) {
        return Optional.ofNullable(millis)
                .map(value -> Format.duration(Duration.ofMillis(value)))
                .orElse("-");
    }
}
