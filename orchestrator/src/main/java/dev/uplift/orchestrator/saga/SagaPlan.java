/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.FETCH;
import static dev.uplift.contract.StepName.LOCATE;
import static dev.uplift.contract.StepName.MIGRATE_DOWN;
import static dev.uplift.contract.StepName.PREFLIGHT;
import static dev.uplift.contract.StepName.PREFLIGHT_DATABASE;
import static dev.uplift.contract.StepName.REINSTATE;
import static dev.uplift.contract.StepName.SAFETY_BACKUP;
import static dev.uplift.contract.StepName.SCALE;
import static dev.uplift.contract.StepName.SOAK;
import static dev.uplift.contract.StepName.STAGE;
import static dev.uplift.contract.StepName.START;
import static dev.uplift.contract.StepName.STOP;
import static dev.uplift.contract.StepName.SWITCH;

import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus.Kind;
import dev.uplift.contract.WayBack;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a saga as data. A saga keeps the plan that it began with. A step is known by its
 * position, because a path of several hops has FETCH, STAGE, SWITCH and START once per hop; the n-th
 * of a name belongs to the n-th hop.
 *
 * @param steps in the order in which they are taken; they are taken back in the reverse order
 */
public record SagaPlan(Kind kind, List<StepName> steps) {
    /** More steps make no plan. */
    public static final int STEPS_MAX = 100;

    /** What an upgrade does only if it is asked for. */
    public enum Option {
        /**
         * Its way back keeps what the new version has taken in, if it can: once START and SWITCH are taken back, what is
         * there is backed up, migrated down and tried. BACKUP is restored where that does not hold.
         */
        MIGRATE_DOWN
    }

    /** @param of the option that the step belongs to; absent: every upgrade has it */
    private record Planned(StepName step, @Nullable Option of) {
        static Planned always(StepName step) {
            return new Planned(step, null);
        }
    }

    /** The rehearsal's place is behind STAGE: while the old version still serves. */
    private static final List<Planned> UPGRADE_STEPS = List.of(
            Planned.always(PREFLIGHT),
            Planned.always(PREFLIGHT_DATABASE),
            Planned.always(FETCH),
            Planned.always(STAGE),
            Planned.always(STOP),
            Planned.always(BACKUP),
            new Planned(MIGRATE_DOWN, Option.MIGRATE_DOWN),
            new Planned(SAFETY_BACKUP, Option.MIGRATE_DOWN),
            Planned.always(SWITCH),
            Planned.always(START),
            Planned.always(SCALE),
            Planned.always(SOAK),
            Planned.always(COMMIT));

    /** To another version in one hop, without any option. */
    public static final SagaPlan UPGRADE = upgrade(Set.of());

    /**
     * Back to an older backup and the version that wrote it. REINSTATE has no undo of its own: that of
     * BACKUP, by the same service and so behind the same fence, restores the data that it replaced.
     */
    public static final SagaPlan RESTORE = new SagaPlan(
            Kind.RESTORE,
            List.of(PREFLIGHT, PREFLIGHT_DATABASE, STOP, BACKUP, SWITCH, REINSTATE, START, SCALE, SOAK, COMMIT));

    /** A dry run: looks, and changes nothing. */
    public static final SagaPlan DRY_RUN = new SagaPlan(Kind.PLAN, List.of(PREFLIGHT, PREFLIGHT_DATABASE, LOCATE));

    /**
     * @throws IllegalArgumentException if there are no steps or too many, if a dry run would change
     *     something, or if anything else does not end with its only COMMIT
     */
    public SagaPlan {
        steps = List.copyOf(steps);
        if (steps.isEmpty() || steps.size() > STEPS_MAX) {
            throw new IllegalArgumentException("a plan has 1 to " + STEPS_MAX + " steps, not " + steps.size());
        }
        switch (kind) {
            case PLAN -> {
                if (!List.of(PREFLIGHT, PREFLIGHT_DATABASE, LOCATE).containsAll(steps)) {
                    throw new IllegalArgumentException("a dry run cannot have the steps " + steps);
                }
            }
            case UPGRADE, RESTORE -> {
                if (steps.indexOf(COMMIT) != steps.size() - 1) {
                    throw new IllegalArgumentException("COMMIT is not the end, or not the only end, of " + steps);
                }
            }
        }
    }

    /** To another version in one hop. */
    public static SagaPlan upgrade(Set<Option> options) {
        return new SagaPlan(
                Kind.UPGRADE,
                UPGRADE_STEPS.stream()
                        .filter(planned -> planned.of() == null || options.contains(planned.of()))
                        .map(Planned::step)
                        .toList());
    }

    /** The plan that a saga of this kind follows; {@code wayBack} of an upgrade, absent: the backup. */
    public static SagaPlan of(Kind kind, @Nullable WayBack wayBack) {
        return switch (kind) {
            case UPGRADE -> upgrade(wayBack == WayBack.MIGRATE_DOWN ? Set.of(Option.MIGRATE_DOWN) : Set.of());
            case RESTORE -> RESTORE;
            case PLAN -> DRY_RUN;
        };
    }

    /**
     * The step at this position.
     *
     * @throws IndexOutOfBoundsException if there is none
     */
    public StepName step(int index) {
        return steps.get(index);
    }

    /**
     * The first step that may change the application's data: START of the first hop, or REINSTATE of a
     * restore. From it on, going back means to restore the backup. Empty for a dry run.
     */
    public OptionalInt pivot() {
        return IntStream.range(0, steps.size())
                .filter(index -> step(index) == START || step(index) == REINSTATE)
                .findFirst();
    }

    /** The first step from this position on that there is something to do for. */
    int doableFrom(int index) {
        int candidate = index;
        while (!step(candidate).hasDo()) {
            candidate++;
        }
        return candidate;
    }

    boolean endsAfter(int index) {
        return index == steps.size() - 1;
    }

    boolean isCommit(int index) {
        return step(index) == COMMIT;
    }

    /** The last step up to and including this one that leaves something to take back. */
    OptionalInt undoableUpTo(int index) {
        for (int candidate = index; candidate >= 0; candidate--) {
            if (step(candidate).hasUndo()) {
                return OptionalInt.of(candidate);
            }
        }
        return OptionalInt.empty();
    }
}
