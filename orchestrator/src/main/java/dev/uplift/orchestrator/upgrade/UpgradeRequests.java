package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** What operators ask for by REST, each in a transaction of its own. */
@Singleton
final class UpgradeRequests {
    private static final int TRIES_MAX = 5;
    private static final int REASONS_SHOWN_MAX = 5;

    private final Jdbi jdbi;
    private final SagaRuntime sagas;

    UpgradeRequests(Jdbi jdbi, SagaRuntime sagas) {
        this.jdbi = jdbi;
        this.sagas = sagas;
    }

    /**
     * Begins sagas; again if another request for the same was faster.
     *
     * @throws ProblemException 409 if all were refused; its member {@code refused} lists them
     */
    AcceptedSagas begin(Function<Handle, Upgrades.Answer> begin) {
        AcceptedSagas answer = beginOnce(begin, 1);
        if (answer.accepted().isEmpty()) {
            List<AcceptedSagas.Refusal> refused = answer.refused();
            String reasons = refused.stream()
                    .limit(REASONS_SHOWN_MAX)
                    .map(refusal -> refusal.installation() + ": " + refusal.reason())
                    .collect(Collectors.joining("; "));
            throw ProblemException.conflict(
                    "upgrade.refused",
                    refused.isEmpty() ? "there is no such installation" : reasons,
                    Map.of("refused", refused));
        }
        return answer;
    }

    /** Turns a saga back. */
    UpgradeStatus cancel(UUID id) {
        return tell(id, new SagaEvent.CancelRequested("cancelled by an operator"), "upgrade.not-cancellable");
    }

    /** Lets a parked saga go on. */
    UpgradeStatus retry(UUID id) {
        return tell(id, new SagaEvent.RetryRequested(), "upgrade.not-parked");
    }

    /** The problem of a request about a saga that nobody knows. */
    static ProblemException unknown(UUID id) {
        return ProblemException.notFound("upgrade.unknown", "no upgrade has the id " + id);
    }

    private UpgradeStatus tell(UUID id, SagaEvent event, String refusedCode) {
        return jdbi.inTransaction(handle -> {
            SagaInput.Outcome outcome =
                    sagas.apply(handle, List.of(SagaInput.of(id, event))).getFirst();
            return switch (outcome) {
                case SagaInput.Outcome.Counted _ ->
                    SagaStore.find(handle, id).orElseThrow(() -> unknown(id)).status();
                case SagaInput.Outcome.Unknown _ -> throw unknown(id);
                case SagaInput.Outcome.Ignored ignored ->
                    throw ProblemException.conflict(refusedCode, ignored.reason());
                case SagaInput.Outcome.Forged forged -> throw ProblemException.conflict(refusedCode, forged.reason());
            };
        });
    }

    private AcceptedSagas beginOnce(Function<Handle, Upgrades.Answer> begin, int attempt) {
        try {
            return jdbi.inTransaction(begin::apply).sagas();
        } catch (JdbiException e) {
            if (attempt < TRIES_MAX && SqlStates.uniqueViolation(e)) {
                return beginOnce(begin, attempt + 1);
            }
            throw e;
        }
    }
}
