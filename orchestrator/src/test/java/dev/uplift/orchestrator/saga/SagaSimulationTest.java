/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.orchestrator.saga.SagaModel.Step;
import dev.uplift.orchestrator.saga.SagaModel.World;
import dev.uplift.orchestrator.saga.SagaState.Parked;
import dev.uplift.orchestrator.saga.TargetModel.Fences;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whole plans with the attempts of production, under seeded trouble that ends one day. */
class SagaSimulationTest {
    private static final int SEEDS = 300;
    private static final int TROUBLE_STEPS = 250;
    private static final int STEPS_MAX = 2_000;
    private static final List<Double> TROUBLES = List.of(0.005, 0.05, 0.3);

    private enum Seen {
        COMPLETED,
        ROLLED_BACK,
        PARKED_ON_THE_WAY
    }

    @Test
    void upgradesEndAsTheyMustWhateverTheTrouble() {
        assertThat(simulate(SagaPlan.UPGRADE)).containsOnlyKeys(Seen.values());
    }

    @Test
    void upgradesThatMayMigrateDownEndAsTheyMustWhateverTheTrouble() {
        assertThat(simulate(SagaPlan.upgrade(Set.of(SagaPlan.Option.MIGRATE_DOWN))))
                .containsOnlyKeys(Seen.values());
    }

    @Test
    void restoresEndAsTheyMustWhateverTheTrouble() {
        assertThat(simulate(SagaPlan.RESTORE)).containsOnlyKeys(Seen.values());
    }

    private static Map<Seen, Integer> simulate(SagaPlan plan) {
        Map<Seen, Integer> seen = new EnumMap<>(Seen.class);
        for (int seed = 0; seed < SEEDS; seed++) {
            run(plan, seed, seen);
        }
        System.out.println(plan.kind() + ": " + seen);
        return seen;
    }

    private static void run(SagaPlan plan, long seed, Map<Seen, Integer> seen) {
        Random random = new Random(seed);
        double trouble = TROUBLES.get(random.nextInt(TROUBLES.size()));
        SagaModel model = new SagaModel(UpgradeSaga::next, plan, SagaLimits.DEFAULT, Fences.BOTH);
        World world = model.initial(1, STEPS_MAX);
        boolean parked = false;
        for (int taken = 0; !SagaModel.ended(model.saga(world)); taken++) {
            assertThat(taken).as("steps of %s with seed %d", plan.kind(), seed).isLessThan(STEPS_MAX);
            Step step = pick(model.steps(world), taken < TROUBLE_STEPS ? trouble : 0, random);
            assertThat(step.broken())
                    .as("%s with seed %d: %s", plan.kind(), seed, step)
                    .isNull();
            world = step.after();
            assertThat(model.brokenIn(world))
                    .as("%s with seed %d: %s", plan.kind(), seed, step)
                    .isNull();
            parked |= model.saga(world) instanceof Parked;
        }
        drain(model, world, seed);
        switch (model.saga(world).status()) {
            case COMPLETED -> seen.merge(Seen.COMPLETED, 1, Integer::sum);
            case ROLLED_BACK -> seen.merge(Seen.ROLLED_BACK, 1, Integer::sum);
            case RUNNING, ROLLING_BACK, PARKED -> throw new AssertionError("seed " + seed + " has not ended");
        }
        if (parked) {
            seen.merge(Seen.PARKED_ON_THE_WAY, 1, Integer::sum);
        }
    }

    /** Whatever is still on its way arrives after the end, and must not matter. */
    private static void drain(SagaModel model, World ended, long seed) {
        World world = ended;
        for (List<Step> late = model.steps(world); !late.isEmpty(); late = model.steps(world)) {
            Step step = late.getFirst();
            assertThat(step.broken())
                    .as("after the end, seed %d: %s", seed, step)
                    .isNull();
            world = step.after();
            assertThat(model.brokenIn(world))
                    .as("after the end, seed %d: %s", seed, step)
                    .isNull();
        }
    }

    private static Step pick(List<Step> steps, double trouble, Random random) {
        List<Step> smooth = steps.stream().filter(Step::smooth).toList();
        List<Step> rough = steps.stream().filter(step -> !step.smooth()).toList();
        boolean roughly = smooth.isEmpty() || (!rough.isEmpty() && random.nextDouble() < trouble);
        List<Step> candidates = roughly ? rough : smooth;
        return candidates.get(random.nextInt(candidates.size()));
    }
}
