/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepRunner;
import java.time.Clock;
import java.util.List;

/**
 * All steps of the swap-service. Each looks at what is there and does what is missing: it may be run
 * again after a death anywhere in it, and so may its undo, which succeeds also where nothing was done.
 */
public final class SwapSteps {
    private static final StepRunner RUNNER = new StepRunner(StepFailures.otherwise(ErrorCode.INTERNAL));

    private final Site site;
    private final Profiles profiles;
    private final NodeProbe probe;
    private final Clock clock;

    public SwapSteps(Site site, Profiles profiles, NodeProbe probe, Clock clock) {
        this.site = site;
        this.profiles = profiles;
        this.probe = probe;
        this.clock = clock;
    }

    /** What runs one kind of step in one direction. */
    public record Entry(StepName step, Direction direction, StepHandler handler) {}

    /** Every step of the service, in both directions where it has two. */
    public List<Entry> all() {
        return List.of(
                entry(StepName.PREFLIGHT, Direction.DO, new PreflightStep()),
                entry(StepName.STAGE, Direction.DO, new StageStep()),
                entry(StepName.STAGE, Direction.UNDO, new UnstageStep()),
                entry(StepName.STOP, Direction.DO, new StopStep()),
                entry(StepName.STOP, Direction.UNDO, new ResumeStep()),
                entry(StepName.MIGRATE_DOWN, Direction.UNDO, new MigrateDownStep()),
                entry(StepName.SWITCH, Direction.DO, new SwitchStep()),
                entry(StepName.SWITCH, Direction.UNDO, new RevertStep()),
                entry(StepName.START, Direction.DO, new StartStep()),
                entry(StepName.START, Direction.UNDO, EndStep.halt()),
                entry(StepName.SCALE, Direction.DO, new ScaleStep()),
                entry(StepName.SCALE, Direction.UNDO, EndStep.unscale()),
                entry(StepName.SOAK, Direction.DO, new SoakStep()),
                entry(StepName.COMMIT, Direction.DO, new CommitStep()));
    }

    private Entry entry(StepName step, Direction direction, SwapStep swapStep) {
        return new Entry(
                step,
                direction,
                (command, run) -> RUNNER.run(
                        command,
                        run,
                        () -> swapStep.run(new StepWork(site, command, run, profile(command), probe, clock))));
    }

    private Profile profile(StepCommand command) {
        String name = command.installation().profile();
        return profiles.byName(name)
                .orElseThrow(() -> StepFailure.refused(ErrorCode.INVALID, "there is no profile '" + name + "' here"));
    }
}
