/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.orchestrator.saga.SagaModel.Step;
import dev.uplift.orchestrator.saga.SagaModel.World;
import dev.uplift.orchestrator.saga.SagaState.Parked;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Visits every world that a model can come to, nearest first, and stops at the first property that is
 * broken, with the shortest way there. If none is, looks at the whole graph whether the way to an end
 * stays open.
 */
final class SagaSearch {
    /**
     * What was found.
     *
     * @param broken absent if every property holds in every world
     * @param trace how it came to that; empty if nothing is broken
     */
    record Report(int worlds, int steps, @Nullable Property broken, List<String> trace) {}

    private static final int WORLDS_MAX = 5_000_000;

    private final SagaModel model;
    private final Map<World, Integer> numbers = new HashMap<>();
    private final List<World> worlds = new ArrayList<>();
    private int[] parents = new int[1024];
    private int[] froms = new int[1024];
    private int[] tos = new int[1024];
    private int stepCount;

    private SagaSearch(SagaModel model) {
        this.model = model;
    }

    static Report explore(SagaModel model, int cancels, int retries) {
        return new SagaSearch(model).run(model.initial(cancels, retries));
    }

    private Report run(World initial) {
        number(initial, -1);
        for (int current = 0; current < worlds.size(); current++) {
            World world = worlds.get(current);
            Property broken = model.brokenIn(world);
            List<Step> steps = model.steps(world);
            if (broken == null && steps.isEmpty() && !SagaModel.rests(model.saga(world))) {
                broken = Property.WHO_RESTS_IS_FINAL_OR_PARKED;
            }
            if (broken != null) {
                return report(broken, current, null);
            }
            for (Step step : steps) {
                if (step.broken() != null) {
                    return report(step.broken(), current, step);
                }
                edge(current, number(step.after(), current));
            }
            if (worlds.size() > WORLDS_MAX) {
                throw new IllegalStateException("more than " + WORLDS_MAX + " worlds: choose smaller bounds");
            }
        }
        return openEnds();
    }

    private Report openEnds() {
        int stuck = firstWithoutWayTo(world -> SagaModel.rests(model.saga(world)), _ -> true);
        if (stuck >= 0) {
            return report(Property.AN_END_OR_A_PARKING_STAYS_REACHABLE, stuck, null);
        }
        int helpless = firstWithoutWayTo(
                world -> SagaModel.ended(model.saga(world)),
                world -> model.saga(world) instanceof Parked && world.retries() > 0);
        if (helpless >= 0) {
            return report(Property.AN_OPERATOR_WHO_RETRIES_CAN_REACH_AN_END, helpless, null);
        }
        return new Report(worlds.size(), stepCount, null, List.of());
    }

    private int firstWithoutWayTo(Predicate<World> goal, Predicate<World> asked) {
        int[] starts = new int[worlds.size() + 1];
        for (int edge = 0; edge < stepCount; edge++) {
            starts[tos[edge] + 1]++;
        }
        for (int world = 0; world < worlds.size(); world++) {
            starts[world + 1] += starts[world];
        }
        int[] predecessors = new int[stepCount];
        int[] filled = Arrays.copyOf(starts, worlds.size());
        for (int edge = 0; edge < stepCount; edge++) {
            predecessors[filled[tos[edge]]++] = froms[edge];
        }
        BitSet open = new BitSet(worlds.size());
        int[] queue = new int[worlds.size()];
        int queued = 0;
        for (int world = 0; world < worlds.size(); world++) {
            if (goal.test(worlds.get(world))) {
                open.set(world);
                queue[queued++] = world;
            }
        }
        for (int taken = 0; taken < queued; taken++) {
            for (int edge = starts[queue[taken]]; edge < starts[queue[taken] + 1]; edge++) {
                if (!open.get(predecessors[edge])) {
                    open.set(predecessors[edge]);
                    queue[queued++] = predecessors[edge];
                }
            }
        }
        for (int world = 0; world < worlds.size(); world++) {
            if (!open.get(world) && asked.test(worlds.get(world))) {
                return world;
            }
        }
        return -1;
    }

    private int number(World world, int parent) {
        Integer known = numbers.putIfAbsent(world, worlds.size());
        if (known != null) {
            return known;
        }
        int number = worlds.size();
        worlds.add(world);
        if (number == parents.length) {
            parents = Arrays.copyOf(parents, number * 2);
        }
        parents[number] = parent;
        return number;
    }

    private void edge(int from, int to) {
        if (stepCount == froms.length) {
            froms = Arrays.copyOf(froms, stepCount * 2);
            tos = Arrays.copyOf(tos, stepCount * 2);
        }
        froms[stepCount] = from;
        tos[stepCount] = to;
        stepCount++;
    }

    private Report report(Property broken, int at, @Nullable Step last) {
        List<String> trace = new ArrayList<>();
        if (last != null) {
            trace.add(last.cause() + " -> " + model.saga(last.after()));
        }
        for (int number = at; parents[number] >= 0; number = parents[number]) {
            World after = worlds.get(number);
            Step step = model.steps(worlds.get(parents[number])).stream()
                    .filter(candidate -> candidate.after().equals(after))
                    .findFirst()
                    .orElseThrow();
            trace.add(step.cause() + " -> " + model.saga(after) + ", " + after.target());
        }
        return new Report(worlds.size(), stepCount, broken, trace.reversed());
    }
}
