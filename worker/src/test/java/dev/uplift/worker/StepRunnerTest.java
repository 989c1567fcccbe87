/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.ErrorCode;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class StepRunnerTest {
    private final StepRunner runner = new StepRunner(StepFailures.otherwise(ErrorCode.INTERNAL));

    @Test
    void aFailureIsAnAnswer() throws Exception {
        StepOutcome outcome = runner.run(TestStep.COMMAND, new TestStep(), () -> {
            throw StepFailure.retryable(ErrorCode.EXITED, "it\nended").of("node");
        });

        assertThat(outcome).isEqualTo(new StepOutcome.Failed(ErrorCode.EXITED, true, "node: it ended"));
    }

    @Test
    void aDefectAndACancellationAreNot() {
        assertThatThrownBy(() -> runner.run(TestStep.COMMAND, new TestStep(), () -> {
                    throw new StepCancelledException();
                }))
                .isInstanceOf(StepCancelledException.class);
        assertThatThrownBy(() -> runner.run(TestStep.COMMAND, new TestStep(), () -> {
                    throw new NoSuchElementException();
                }))
                .isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void aSuccessIsPassedOn() throws Exception {
        assertThat(runner.run(TestStep.COMMAND, new TestStep(), StepOutcome::done))
                .isEqualTo(StepOutcome.done());
    }
}
