/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.ErrorCode;
import dev.uplift.orchestrator.saga.SagaEvent.Answer;
import dev.uplift.orchestrator.saga.SagaEvent.CancelRequested;
import dev.uplift.orchestrator.saga.SagaEvent.Failed;
import dev.uplift.orchestrator.saga.SagaEvent.RetryRequested;
import dev.uplift.orchestrator.saga.SagaEvent.Succeeded;
import dev.uplift.orchestrator.saga.SagaState.Completed;
import dev.uplift.orchestrator.saga.SagaState.Doing;
import dev.uplift.orchestrator.saga.SagaState.Parked;
import dev.uplift.orchestrator.saga.SagaState.Planned;
import dev.uplift.orchestrator.saga.SagaState.RolledBack;
import dev.uplift.orchestrator.saga.SagaState.WaitingToDo;
import dev.uplift.orchestrator.saga.Timer.Kind;
import dev.uplift.orchestrator.saga.Transition.Ignored;
import dev.uplift.orchestrator.saga.Transition.Moved;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One saga, its network, workers, timers and operator: which steps are possible in each world, and which
 * property each breaks.
 *
 * <p>The network never forgets: what was sent may arrive at any time, in any order, any number of times,
 * or never. That is loss, duplication and reordering in one rule. A worker answers a command once (its
 * inbox), after a fence that may refuse it. A timer may fire early, late or again.
 */
final class SagaModel {
    /**
     * Everything there is, at one moment. The sets are bits over what this model has seen so far.
     *
     * @param cancels how often the operator may still cancel
     * @param retries how often the operator may still retry
     */
    record World(int saga, BigInteger commands, BigInteger answers, TargetModel target, int cancels, int retries) {}

    /**
     * One step of somebody.
     *
     * @param cause the command that a worker took, or the event that the saga learned
     * @param smooth whether it would happen if nothing went wrong and nobody stepped in
     * @param broken absent if that is as it must be
     */
    record Step(
            Object cause,
            World after,
            boolean smooth,
            @Nullable Property broken) {}

    private final NextFunction next;
    private final SagaPlan plan;
    private final SagaLimits limits;
    private final TargetModel.Fences fences;
    private final Numbers<SagaState> states = new Numbers<>();
    private final Numbers<Command> commands = new Numbers<>();
    private final Numbers<Answer> answers = new Numbers<>();

    SagaModel(NextFunction next, SagaPlan plan, SagaLimits limits, TargetModel.Fences fences) {
        this.next = next;
        this.plan = plan;
        this.limits = limits;
        this.fences = fences;
    }

    World initial(int cancels, int retries) {
        return new World(
                states.of(UpgradeSaga.planned(plan)),
                BigInteger.ZERO,
                BigInteger.ZERO,
                TargetModel.UNTOUCHED,
                cancels,
                retries);
    }

    SagaState saga(World world) {
        return states.at(world.saga());
    }

    static boolean ended(SagaState state) {
        return state instanceof Completed || state instanceof RolledBack;
    }

    static boolean rests(SagaState state) {
        return ended(state) || state instanceof Parked;
    }

    /** What must hold in a world, whatever led to it. */
    @Nullable
    Property brokenIn(World world) {
        SagaState state = saga(world);
        if (state instanceof Completed
                && !plan.pivot().isEmpty()
                && !world.target().everythingIsDone(plan)) {
            return Property.COMPLETED_MEANS_EVERY_STEP_IS_DONE;
        }
        if (state instanceof RolledBack && !world.target().nothingIsLeft()) {
            return Property.ROLLED_BACK_MEANS_NOTHING_IS_LEFT;
        }
        return null;
    }

    /** All that may happen next; what changes nothing is left out unless it breaks a property. */
    List<Step> steps(World world) {
        List<Step> steps = new ArrayList<>();
        learn(world, new SagaEvent.Begin(1), steps);
        for (Command command : members(world.commands(), commands)) {
            if (!isAnswered(world, command)) {
                work(world, command, steps);
            }
            learn(world, new SagaEvent.Progressed(command.key()), steps);
            learn(world, new SagaEvent.TimedOut(new Timer(Kind.SILENCE, command.key())), steps);
            learn(world, new SagaEvent.TimedOut(new Timer(Kind.BACK_OFF, command.key())), steps);
        }
        for (Answer answer : members(world.answers(), answers)) {
            learn(world, answer, steps);
        }
        saga(world)
                .timer()
                .filter(timer -> timer.kind() == Kind.BACK_OFF)
                .ifPresent(timer -> learn(world, new SagaEvent.TimedOut(timer), steps));
        if (world.cancels() > 0) {
            learn(world, new CancelRequested("an operator"), steps);
        }
        if (world.retries() > 0) {
            learn(world, new RetryRequested(), steps);
        }
        return steps;
    }

    private boolean isAnswered(World world, Command command) {
        for (int index = 0; index < world.answers().bitLength(); index++) {
            if (world.answers().testBit(index) && answers.at(index).key().equals(command.key())) {
                return true;
            }
        }
        return false;
    }

    private void work(World world, Command command, List<Step> steps) {
        for (TargetModel.Outcome outcome : world.target().take(command, plan, fences, ended(saga(world)))) {
            World after = new World(
                    world.saga(),
                    world.commands(),
                    world.answers().setBit(answers.of(outcome.answer())),
                    outcome.after(),
                    world.cancels(),
                    world.retries());
            steps.add(new Step(command, after, outcome.answer() instanceof Succeeded, outcome.broken()));
        }
    }

    private void learn(World world, SagaEvent event, List<Step> steps) {
        SagaState before = saga(world);
        Transition transition = next.next(before, event, limits);
        Property broken = broken(world, before, event, transition);
        World after = after(world, event, transition);
        if (broken != null || !after.equals(world)) {
            steps.add(new Step(event, after, isSmooth(event), broken));
        }
    }

    private static boolean isSmooth(SagaEvent event) {
        return switch (event) {
            case SagaEvent.Begin _, Answer _ -> true;
            case SagaEvent.TimedOut due -> due.timer().kind() == Kind.BACK_OFF;
            case CancelRequested _, RetryRequested _ -> false;
        };
    }

    private World after(World world, SagaEvent event, Transition transition) {
        return switch (transition) {
            case Ignored _ -> world;
            case Moved moved ->
                new World(
                        states.of(moved.next()),
                        moved.command() == null
                                ? world.commands()
                                : world.commands().setBit(commands.of(moved.command())),
                        world.answers(),
                        world.target(),
                        event instanceof CancelRequested ? world.cancels() - 1 : world.cancels(),
                        event instanceof RetryRequested ? world.retries() - 1 : world.retries());
        };
    }

    private @Nullable Property broken(World world, SagaState before, SagaEvent event, Transition transition) {
        return switch (transition) {
            case Ignored _ ->
                event instanceof CancelRequested && canBeCancelled(before)
                        ? Property.A_CANCEL_BEFORE_COMMIT_COUNTS
                        : null;
            case Moved moved -> brokenByMove(world, before, event, moved);
        };
    }

    private @Nullable Property brokenByMove(World world, SagaState before, SagaEvent event, Moved moved) {
        SagaState after = moved.next();
        Command command = moved.command();
        if (after.course().epoch() < before.course().epoch()) {
            return Property.THE_EPOCH_NEVER_FALLS;
        }
        if (!after.timer().equals(Optional.ofNullable(moved.deadline()).map(Deadline::timer))
                || (!rests(after) && moved.deadline() == null)) {
            return Property.WHAT_IS_IN_FLIGHT_HAS_A_DEADLINE;
        }
        if (event instanceof Failed failed
                && failed.code() == ErrorCode.INTERFERED
                && before.inFlight().filter(failed.key()::equals).isPresent()
                && !(command == null && rests(after))) {
            return Property.AN_INTERFERENCE_SENDS_NOTHING;
        }
        boolean reused = command != null
                && members(world.commands(), commands).stream()
                        .anyMatch(sent -> sent.key().equals(command.key()));
        return reused ? Property.NO_KEY_IS_USED_TWICE : null;
    }

    private boolean canBeCancelled(SagaState state) {
        return state instanceof Planned
                || ((state instanceof Doing || state instanceof WaitingToDo)
                        && !plan.isCommit(state.position().orElseThrow().step()));
    }

    private static <T> List<T> members(BigInteger set, Numbers<T> things) {
        List<T> members = new ArrayList<>();
        for (int index = 0; index < set.bitLength(); index++) {
            if (set.testBit(index)) {
                members.add(things.at(index));
            }
        }
        return members;
    }

    /** Small numbers for equal things. */
    private static final class Numbers<T> {
        private final Map<T, Integer> numbers = new HashMap<>();
        private final List<T> things = new ArrayList<>();

        int of(T thing) {
            Integer known = numbers.putIfAbsent(thing, things.size());
            if (known != null) {
                return known;
            }
            things.add(thing);
            return things.size() - 1;
        }

        T at(int number) {
            return things.get(number);
        }
    }
}
