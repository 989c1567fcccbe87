/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description = "Shows what `upgrade` would do, step by step, with sizes and checks. Changes nothing of the"
                + " application's; on PostgreSQL it makes and drops a scratch database.")
final class PlanCommand implements Callable<Integer> {
    private static final Duration WAIT_MAX = Duration.ofMinutes(2);

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private TargetOptions target = new TargetOptions();

    @Override
    public Integer call() throws InterruptedException {
        Api api = server.api();
        Output output = server.output();
        AcceptedSagas sagas = api.plan(target.request());
        sagas.refused().forEach(refusal -> output.note("uplift: " + refusal.installation() + ": " + refusal.reason()));
        int exit = sagas.refused().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
        for (AcceptedSagas.Accepted accepted : sagas.accepted()) {
            UpgradeStatus plan = await(api, accepted.upgradeId());
            if (output.json()) {
                output.json(plan);
            } else {
                print(output, plan);
            }
            exit = Math.max(exit, refuses(plan) ? ExitCode.FAILED : ExitCode.OK);
        }
        return exit;
    }

    private static UpgradeStatus await(Api api, UUID id) throws InterruptedException {
        UpgradeStatus plan = Poll.until(
                WAIT_MAX, () -> api.planned(id), answer -> answer.state().isFinal());
        if (!plan.state().isFinal()) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    "the plan is still at " + plan.step() + " after " + WAIT_MAX.toSeconds() + " s: is the "
                            + service(plan) + " up? See `uplift status` and its log");
        }
        return plan;
    }

    private static String service(UpgradeStatus plan) {
        return plan.step() == null ? "orchestrator" : plan.step().service().wireName() + "-service";
    }

    private static boolean refuses(UpgradeStatus plan) {
        return plan.failure() != null || checks(plan).stream().anyMatch(check -> check.verdict() == Check.Verdict.FAIL);
    }

    private static void print(Output output, UpgradeStatus plan) {
        output.line(plan.installation() + ": " + plan.from().version() + " -> "
                + plan.to().version());
        Sizes sizes = Sizes.of(plan);
        for (String line : steps(plan, sizes)) {
            output.line("  " + line);
        }
        output.line("checks");
        for (Check check : checks(plan)) {
            output.line(String.format("  %-4s %-20s %s", check.verdict(), check.name(), check.detail()));
        }
        if (plan.failure() != null) {
            output.line("  FAIL " + plan.failure().detail());
        }
        output.line(
                refuses(plan)
                        ? "the upgrade would be refused"
                        : "the upgrade can go ahead; nothing was changed of the application's");
    }

    private static List<String> steps(UpgradeStatus plan, Sizes sizes) {
        List<String> lines = new ArrayList<>();
        int number = 1;
        for (StepName step : StepName.values()) {
            String what = what(step, plan, sizes);
            if (what != null) {
                lines.add(String.format("%2d %-18s %s", number++, step, what));
            }
        }
        return lines;
    }

    private static @Nullable String what(StepName step, UpgradeStatus plan, Sizes sizes) {
        return switch (step) {
            case PREFLIGHT -> "look at the nodes again; refuse what could not be upgraded safely";
            case PREFLIGHT_DATABASE -> "look at the database again";
            case LOCATE, REINSTATE, MIGRATE_DOWN, SAFETY_BACKUP -> null;
            case FETCH -> sizes.fetch();
            case STAGE -> "put it beside the application";
            case STOP -> "stop " + plan.from().version() + " and prove it; the outage begins (undo: start it again)";
            case BACKUP -> "back up " + sizes.database() + " and prove it by restoring it elsewhere (undo: restore it)";
            case SWITCH -> "point to " + plan.to().version() + " (undo: point back)";
            case START ->
                "start " + plan.to().version() + ", which migrates; wait as long as it makes progress (undo: stop it)";
            case SCALE -> "start the other nodes, if there are any";
            case SOAK -> "stay healthy";
            case COMMIT -> "keep the old version for a way back";
        };
    }

    /** What has been checked before anything was changed, and what a backup or a restore goes without. */
    static List<Check> checks(UpgradeStatus plan) {
        return plan.steps().stream()
                .flatMap(step -> Optional.ofNullable(step.output()).stream())
                .flatMap(found -> switch (found) {
                    case StepOutput.NodesChecked nodes -> nodes.checks().stream();
                    case StepOutput.DatabaseChecked database -> database.checks().stream();
                    case StepOutput.ArtifactsLocated artifacts -> artifacts.checks().stream();
                    case StepOutput.BackedUp backup -> backup.checks().stream();
                    case StepOutput.Restored restored -> restored.checks().stream();
                    case StepOutput.MigratedDown _,
                            StepOutput.Nothing _,
                            StepOutput.ArtifactsFetched _,
                            StepOutput.NodesStopped _,
                            StepOutput.Serving _,
                            StepOutput.NodesLeftOut _ -> Stream.<Check>empty();
                })
                .distinct()
                .toList();
    }

    /** What would be moved. */
    private record Sizes(String fetch, String database) {
        static Sizes of(UpgradeStatus plan) {
            String fetch = "fetch and verify the artifacts";
            String database = "the database";
            for (UpgradeStatus.StepStatus step : plan.steps()) {
                if (step.output() instanceof StepOutput.ArtifactsLocated located) {
                    fetch = located.artifacts().stream().map(Sizes::fetch).collect(Collectors.joining("; "));
                } else if (step.output() instanceof StepOutput.DatabaseChecked checked) {
                    // 0: it could not be looked at, and a check says why.
                    database = checked.sizeBytes() == 0
                            ? "the database"
                            : ByteCount.text(checked.sizeBytes()) + " of " + checked.serverVersion();
                }
            }
            return new Sizes(fetch, database);
        }

        private static String fetch(StepOutput.Located artifact) {
            if (artifact.url().startsWith("docker:")) {
                return "look up the digest of the image in " + artifact.url();
            }
            return artifact.inStore()
                    ? "verify the artifact, which is in the store already"
                    : "fetch "
                            + Optional.ofNullable(artifact.sizeBytes())
                                    .map(ByteCount::text)
                                    .orElse("an artifact of unknown size")
                            + " from " + artifact.url() + " and verify it";
        }
    }
}
