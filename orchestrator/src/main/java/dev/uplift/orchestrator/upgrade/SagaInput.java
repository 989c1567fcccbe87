/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepResult;
import dev.uplift.orchestrator.saga.SagaEvent;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One event for one saga.
 *
 * @param answer what a worker said, if that is the event
 */
record SagaInput(UUID sagaId, SagaEvent event, @Nullable Answer answer) {

    /**
     * What a worker said.
     *
     * @param service whose topic it came on
     * @param sentAt by the worker's clock
     */
    record Answer(StepResult result, ServiceName service, Instant sentAt) {}

    static SagaInput of(UUID sagaId, SagaEvent event) {
        return new SagaInput(sagaId, event, null);
    }

    static SagaInput of(StepResult result, ServiceName service, Instant sentAt) {
        return new SagaInput(result.sagaId(), SagaEvent.of(result), new Answer(result, service, sentAt));
    }

    /** What became of it. */
    sealed interface Outcome {
        /** It counted. */
        record Counted() implements Outcome {}

        /** It changed nothing, and that is as it should be: it is late, a copy, or came too soon. */
        record Ignored(String reason) implements Outcome {}

        /** No saga has this id. */
        record Unknown() implements Outcome {}

        /** It cannot be honest: another installation's, or another service's. */
        record Forged(String reason) implements Outcome {}
    }
}
