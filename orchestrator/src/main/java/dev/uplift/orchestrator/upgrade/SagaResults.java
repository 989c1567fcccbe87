/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.DeadLetters;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.intake.Result;
import dev.uplift.orchestrator.intake.ResultBatch;
import dev.uplift.orchestrator.intake.ResultHandler;
import dev.uplift.orchestrator.sql.LockOrder;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What workers answer to the steps of sagas. */
@Singleton
final class SagaResults implements ResultHandler<StepResult> {
    private static final Logger LOG = LoggerFactory.getLogger(SagaResults.class);

    private final SagaRuntime sagas;
    private final DeadLetters deadLetters;
    private final DeadLetterSink refused;

    SagaResults(SagaRuntime sagas, MessagingRuntime messaging, DeadLetterSink refused) {
        this.sagas = sagas;
        this.deadLetters = messaging.deadLetters();
        this.refused = refused;
    }

    @Override
    public Class<StepResult> type() {
        return StepResult.class;
    }

    @Override
    public boolean isSign(StepResult result) {
        return result instanceof StepResult.Progressed;
    }

    @Override
    public Optional<DatabaseSeen> database(StepResult result) {
        return result instanceof StepResult.Succeeded succeeded
                        && succeeded.output() instanceof StepOutput.NodesChecked checked
                ? Optional.ofNullable(checked.database())
                : Optional.empty();
    }

    @Override
    public LockOrder.Kind locks() {
        return LockOrder.Kind.SAGAS;
    }

    @Override
    public void handle(ResultBatch<StepResult> batch) {
        List<Result<StepResult>> results = batch.results();
        List<SagaInput.Outcome> outcomes = sagas.apply(
                results.stream()
                        .map(result -> SagaInput.of(
                                result.body(),
                                result.service(),
                                result.received().message().time()))
                        .toList(),
                batch.databases());
        for (int i = 0; i < outcomes.size(); i++) {
            report(results.get(i).received(), outcomes.get(i));
        }
    }

    private void report(Received received, SagaInput.Outcome outcome) {
        switch (outcome) {
            case SagaInput.Outcome.Counted _ -> {}
            case SagaInput.Outcome.Ignored ignored ->
                LOG.debug("{} from {} ignored: {}", received.message().type(), received.topic(), ignored.reason());
            case SagaInput.Outcome.Unknown _ -> deadLetters.refuse(received, "no upgrade has this id", refused);
            case SagaInput.Outcome.Forged forged -> deadLetters.refuse(received, forged.reason(), refused);
        }
    }
}
