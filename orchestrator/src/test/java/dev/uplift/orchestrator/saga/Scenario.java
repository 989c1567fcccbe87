/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.orchestrator.saga.Transition.Ignored;
import dev.uplift.orchestrator.saga.Transition.Moved;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells one saga what happens and checks what it does, in the words of a specification. */
final class Scenario {
    private final SagaLimits limits;
    private SagaState before;
    private SagaState state;
    private @Nullable Command command;
    private @Nullable Transition last;

    private Scenario(SagaPlan plan, SagaLimits limits) {
        this.limits = limits;
        this.state = UpgradeSaga.planned(plan);
        this.before = state;
    }

    static Scenario of(SagaPlan plan) {
        return of(plan, SagaLimits.DEFAULT);
    }

    static Scenario of(SagaPlan plan, SagaLimits limits) {
        return new Scenario(plan, limits);
    }

    Scenario begins() {
        return learns(new SagaEvent.Begin(1));
    }

    Scenario reaches(StepName step) {
        return reaches(state.course().plan().steps().indexOf(step));
    }

    Scenario reaches(int index) {
        begins();
        while (inFlight().step() < index) {
            succeeds();
        }
        return this;
    }

    Scenario succeeds() {
        return learns(new SagaEvent.Succeeded(inFlight()));
    }

    Scenario fails(ErrorCode code) {
        return learns(new SagaEvent.Failed(inFlight(), code, false, "it failed"));
    }

    Scenario failsForNow(ErrorCode code) {
        return learns(new SagaEvent.Failed(inFlight(), code, true, "it failed for now"));
    }

    Scenario progresses() {
        return learns(new SagaEvent.Progressed(inFlight()));
    }

    Scenario isSilent() {
        return learns(new SagaEvent.TimedOut(new Timer(Timer.Kind.SILENCE, inFlight())));
    }

    Scenario pauseEnds() {
        Timer timer = state.timer().orElseThrow();
        assertThat(timer.kind()).isEqualTo(Timer.Kind.BACK_OFF);
        return learns(new SagaEvent.TimedOut(timer));
    }

    Scenario answeredLate(Direction direction, StepName step, int attempt) {
        int index = state.course().plan().steps().indexOf(step);
        return learns(new SagaEvent.Succeeded(new StepKey(index, direction, attempt)));
    }

    Scenario cancelled() {
        return learns(new SagaEvent.CancelRequested("cancelled by an operator"));
    }

    Scenario retried() {
        return learns(new SagaEvent.RetryRequested());
    }

    Scenario expects(Direction direction, StepName step) {
        return expectsAt(state.course().plan().steps().indexOf(step), direction, step);
    }

    Scenario expectsAt(int index, Direction direction, StepName step) {
        assertThat(sent().step()).isEqualTo(step);
        assertThat(sent().key().step()).isEqualTo(index);
        assertThat(sent().key().direction()).isEqualTo(direction);
        assertThat(state.inFlight()).contains(sent().key());
        return this;
    }

    Scenario attempt(int attempt) {
        assertThat(sent().key().attempt()).isEqualTo(attempt);
        return this;
    }

    Scenario withEpoch(long epoch) {
        assertThat(sent().epoch()).isEqualTo(epoch);
        return this;
    }

    Scenario withPivot(boolean reached) {
        assertThat(sent().pivotReached()).isEqualTo(reached);
        return this;
    }

    Scenario turnedBackFrom(int index) {
        int first = state.course().plan().undoableUpTo(index).orElse(-1);
        assertThat(state.position().map(StepKey::step).orElse(-1)).isEqualTo(first);
        assertThat(state.status())
                .isEqualTo(first < 0 ? UpgradeStatus.State.ROLLED_BACK : UpgradeStatus.State.ROLLING_BACK);
        return failedWith(state.course().plan().step(index), Direction.DO, ErrorCode.CANCELLED);
    }

    Scenario pausesFor(Duration pause) {
        assertThat(state.inFlight()).isEmpty();
        return deadlineIsAfter(pause);
    }

    Scenario deadlineIsAfter(Duration after) {
        assertThat(((Moved) last()).deadline())
                .isEqualTo(new Deadline(state.timer().orElseThrow(), after));
        return this;
    }

    Scenario countsAsNoTransition() {
        assertThat(state).isEqualTo(before);
        assertThat(((Moved) last()).command()).isNull();
        return this;
    }

    Scenario isIgnored() {
        assertThat(last()).isInstanceOf(Ignored.class);
        assertThat(state).isEqualTo(before);
        return this;
    }

    Scenario is(UpgradeStatus.State expected) {
        assertThat(state.status()).isEqualTo(expected);
        if (expected.isFinal() || expected == UpgradeStatus.State.PARKED) {
            assertThat(state.timer()).isEmpty();
            assertThat(last() instanceof Moved moved && moved.command() == null && moved.deadline() == null)
                    .isTrue();
        }
        return this;
    }

    Scenario hasEpoch(long epoch) {
        assertThat(state.course().epoch()).isEqualTo(epoch);
        return this;
    }

    Scenario hasNoFailure() {
        assertThat(state.failure()).isEmpty();
        return this;
    }

    Scenario failedWith(StepName step, Direction direction, ErrorCode code) {
        Failure failure = state.failure().orElseThrow();
        assertThat(failure.step()).isEqualTo(step);
        assertThat(failure.direction()).isEqualTo(direction);
        assertThat(failure.code()).isEqualTo(code);
        return this;
    }

    private Scenario learns(SagaEvent event) {
        Transition transition = UpgradeSaga.next(state, event, limits);
        before = state;
        state = transition.next();
        last = transition;
        if (transition instanceof Moved moved && moved.command() != null) {
            command = moved.command();
        }
        return this;
    }

    private StepKey inFlight() {
        return state.inFlight().orElseThrow();
    }

    private Command sent() {
        return Objects.requireNonNull(command, "nothing was sent yet");
    }

    private Transition last() {
        return Objects.requireNonNull(last, "nothing happened yet");
    }
}
