/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Backup;
import dev.uplift.contract.Direction;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.Outage;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a saga has found out: the part of it that its decisions do not depend on. Stored
 * as JSON: fields may only be added, as optional ones.
 *
 * @param from what ran; the hashes of what its nodes run are known once PREFLIGHT succeeded
 * @param artifacts empty until FETCH succeeded
 * @param steps one per step of the plan
 * @param outageBeganAt of the first outage, as rows have it that know no {@code outages}
 * @param outageEndedAt of the last one, likewise
 * @param outages in order; absent: they were not told apart
 */
record SagaContext(
        Release from,
        List<Artifact> artifacts,
        @Nullable Backup backup,
        List<StepTrace> steps,
        @Nullable Instant outageBeganAt,
        @Nullable Instant outageEndedAt,
        List<Outage> outages) {
    SagaContext {
        artifacts = List.copyOf(artifacts);
        steps = List.copyOf(steps);
        if (outages == null) {
            outages = outageBeganAt == null ? List.of() : List.of(new Outage(outageBeganAt, outageEndedAt));
        }
        outages = List.copyOf(outages);
    }

    static SagaContext ahead(Release from, int stepCount) {
        return new SagaContext(
                from, List.of(), null, Collections.nCopies(stepCount, StepTrace.PENDING), null, null, List.of());
    }

    SagaContext step(int index, UnaryOperator<StepTrace> change) {
        List<StepTrace> changed = new ArrayList<>(steps);
        changed.set(index, change.apply(changed.get(index)));
        return with(from, artifacts, backup, changed, outages);
    }

    /** Takes in what a step found out. */
    SagaContext learned(int index, Direction direction, StepOutput output) {
        SagaContext known = direction == Direction.DO ? step(index, trace -> trace.found(output)) : this;
        return switch (output) {
            case StepOutput.NodesChecked checked ->
                known.with(checked.running(), known.artifacts, known.backup, known.steps, outages);
            case StepOutput.ArtifactsFetched fetched ->
                known.with(from, fetched.artifacts(), known.backup, known.steps, outages);
            case StepOutput.BackedUp backedUp ->
                switch (direction) {
                    case DO -> known.with(from, known.artifacts, backedUp.backup(), known.steps, outages);
                    case UNDO -> known.step(index, trace -> trace.found(output));
                };
            case StepOutput.MigratedDown _ -> known.step(index, trace -> trace.found(output));
            case StepOutput.Restored restored ->
                restored.checks().isEmpty() ? known : known.step(index, trace -> trace.found(output));
            case StepOutput.NodesStopped stopped ->
                known.with(from, known.artifacts, known.backup, known.steps, begun(stopped.outageBeganAt()));
            case StepOutput.Serving serving ->
                known.with(from, known.artifacts, known.backup, known.steps, ended(serving.outageEndedAt()));
            case StepOutput.Nothing _,
                    StepOutput.DatabaseChecked _,
                    StepOutput.ArtifactsLocated _,
                    StepOutput.NodesLeftOut _ -> known;
        };
    }

    /** With one that began then, unless the last has not ended. */
    private List<Outage> begun(Instant at) {
        if (!outages.isEmpty() && outages.getLast().endedAt() == null) {
            return outages;
        }
        List<Outage> more = new ArrayList<>(outages);
        more.add(new Outage(at, null));
        return more;
    }

    /** With the last ended then. One that had ended before was not over, if nobody has said that another one began. */
    private List<Outage> ended(Instant at) {
        if (outages.isEmpty()) {
            return outages;
        }
        List<Outage> closed = new ArrayList<>(outages);
        closed.set(closed.size() - 1, new Outage(outages.getLast().beganAt(), at));
        return closed;
    }

    /** What has become of the data, as the steps of this plan have told; absent where it is not asked for. */
    @Nullable
    MigratedData migrated(List<StepName> plan) {
        if (!plan.contains(StepName.MIGRATE_DOWN)) {
            return null;
        }
        boolean served = output(plan, StepName.START) instanceof StepOutput.Serving;
        Backup taken =
                output(plan, StepName.SAFETY_BACKUP) instanceof StepOutput.BackedUp found ? found.backup() : null;
        boolean kept = output(plan, StepName.MIGRATE_DOWN) instanceof StepOutput.MigratedDown down && down.kept();
        return new MigratedData(served, taken, kept);
    }

    /** What the last of the steps of this name that has found anything out has found out: a path of several hops has several. */
    private @Nullable StepOutput output(List<StepName> plan, StepName step) {
        for (int index = plan.size() - 1; index >= 0; index--) {
            if (plan.get(index) == step && steps.get(index).output() != null) {
                return steps.get(index).output();
            }
        }
        return null;
    }

    private SagaContext with(
            Release newFrom,
            List<Artifact> newArtifacts,
            @Nullable Backup newBackup,
            List<StepTrace> newSteps,
            List<Outage> newOutages) {
        return new SagaContext(
                newFrom,
                newArtifacts,
                newBackup,
                newSteps,
                newOutages.isEmpty() ? null : newOutages.getFirst().beganAt(),
                newOutages.isEmpty() ? null : newOutages.getLast().endedAt(),
                newOutages);
    }
}
