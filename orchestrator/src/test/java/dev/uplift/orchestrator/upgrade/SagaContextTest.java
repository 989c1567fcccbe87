/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.Direction;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepOutput;
import java.util.List;
import org.junit.jupiter.api.Test;

class SagaContextTest {
    private final SagaContext context = SagaContext.ahead(new Release("v0.50.1", null, null, null), 1);

    @Test
    void whatARestoreCouldNotBringBackIsKept() {
        StepOutput incomplete = new StepOutput.Restored(
                "hash", true, List.of(new Check("database.incomplete", Check.Verdict.WARN, "run this")));

        assertThat(context.learned(0, Direction.UNDO, incomplete)
                        .steps()
                        .getFirst()
                        .output())
                .isEqualTo(incomplete);
        assertThat(context.learned(0, Direction.UNDO, new StepOutput.Restored("hash", true))
                        .steps()
                        .getFirst()
                        .output())
                .isNull();
    }
}
