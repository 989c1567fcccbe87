/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Direction;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.saga.Command;
import dev.uplift.orchestrator.saga.SagaPlan;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.StepKey;
import dev.uplift.orchestrator.saga.Transition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One saga as it is stored, without its deadline. Every change makes a new value with a higher {@code rev}. */
record SagaRow(
        UUID id,
        UUID installationId,
        String installation,
        SagaOrder order,
        SagaState state,
        SagaContext context,
        Outage outage,
        long rev,
        Instant startedAt,
        Instant updatedAt,
        @Nullable Instant endedAt) {

    private static final Progress WAITS =
            Progress.of("waiting, and serving, until fewer applications of the site are down");

    SagaPlan plan() {
        return state.course().plan();
    }

    /** Whose outages are limited together. */
    String site() {
        return order.installation().site();
    }

    UpgradeStatus.Kind kind() {
        return plan().kind();
    }

    /** Whether it may still change the application: its installation and its database are its own so long. */
    boolean live() {
        return kind() != UpgradeStatus.Kind.PLAN && !state.status().isFinal();
    }

    /** What an event that counted makes of it; {@code result}: the answer that was the event, if it was one. */
    SagaRow moved(Transition.Moved moved, @Nullable StepResult result, Instant sentAt, Instant now) {
        SagaContext learned = context;
        if (result instanceof StepResult.Succeeded succeeded) {
            learned = learned.learned(succeeded.stepIndex(), succeeded.direction(), succeeded.output());
        }
        if (result instanceof StepResult.Progressed progressed) {
            learned = learned.step(progressed.stepIndex(), trace -> trace.progressed(progressed.progress(), sentAt));
        }
        SagaState next = moved.next();
        Optional<StepKey> before = state.position();
        Optional<StepKey> after = next.position();
        if (before.isPresent() && !samePlace(before, after)) {
            StepKey left = before.get();
            learned = learned.step(left.step(), trace -> trace.ended(left.direction(), now));
        }
        Command command = moved.command();
        Outage then = outage.in(next, command != null);
        if (command != null) {
            StepKey key = command.key();
            learned = learned.step(
                    key.step(),
                    trace -> then == Outage.WAITING
                            ? trace.progressed(WAITS, now)
                            : trace.began(key.direction(), key.attempt(), now));
        }
        return with(next, learned, then, now);
    }

    /** The command that was kept back is sent. */
    SagaRow sent(Command command, Instant now) {
        StepKey key = command.key();
        return with(
                state,
                context.step(key.step(), trace -> trace.began(key.direction(), key.attempt(), now)),
                Outage.TAKEN,
                now);
    }

    private SagaRow with(SagaState next, SagaContext learned, Outage then, Instant now) {
        return new SagaRow(
                id,
                installationId,
                installation,
                order,
                next,
                learned,
                then,
                rev + 1,
                startedAt,
                now,
                next.status().isFinal() ? now : null);
    }

    /** The message that sends {@code command} to a worker. */
    StepCommand message(Command command) {
        return new StepCommand(
                id,
                command.key().step(),
                command.step(),
                command.key().direction(),
                command.key().attempt(),
                command.epoch(),
                command.pivotReached(),
                kind() == UpgradeStatus.Kind.PLAN,
                order.installation(),
                context.from(),
                order.to(),
                context.artifacts(),
                context.backup(),
                order.source(),
                context.migrated(plan().steps()),
                order.limits());
    }

    /** What runs once the saga has completed. */
    Release committed() {
        return order.to().with(context.artifacts(), order.installation().nodes());
    }

    /** As it is shown. */
    UpgradeStatus status() {
        List<UpgradeStatus.StepStatus> steps = IntStream.range(0, plan().steps().size())
                .mapToObj(this::stepStatus)
                .toList();
        return new UpgradeStatus(
                id,
                installationId,
                installation,
                kind(),
                state.status(),
                rev,
                state.course().epoch(),
                context.from(),
                order.to(),
                state.step().orElse(null),
                steps,
                state.failure().orElse(null),
                context.backup(),
                context.outageBeganAt(),
                context.outageEndedAt(),
                startedAt,
                updatedAt,
                endedAt,
                context.outages());
    }

    private UpgradeStatus.StepStatus stepStatus(int index) {
        StepTrace trace = context.steps().get(index);
        return new UpgradeStatus.StepStatus(
                plan().step(index),
                state.stepState(index),
                trace.attempt(),
                trace.progress(),
                trace.doMillis(),
                trace.undoMillis(),
                trace.output());
    }

    private static boolean samePlace(Optional<StepKey> before, Optional<StepKey> after) {
        return before.map(SagaRow::place).equals(after.map(SagaRow::place));
    }

    private static Place place(StepKey key) {
        return new Place(key.step(), key.direction());
    }

    private record Place(int step, Direction direction) {}
}
