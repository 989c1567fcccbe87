/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators ask for by REST. */
@Singleton
final class UpgradeRequests {
    private static final Logger LOG = LoggerFactory.getLogger(UpgradeRequests.class);
    private static final int TRIES_MAX = 5;
    private static final int REASONS_SHOWN_MAX = 5;

    private final Database database;
    private final Upgrades upgrades;
    private final RequestRunner runner;
    private final SagaRuntime sagas;
    private final SagaStore store;

    UpgradeRequests(Database database, Upgrades upgrades, RequestRunner runner, SagaRuntime sagas, SagaStore store) {
        this.database = database;
        this.upgrades = upgrades;
        this.runner = runner;
        this.sagas = sagas;
        this.store = store;
    }

    /**
     * Carries out a request for upgrades or dry runs; a copy of an earlier one begins nothing and gets its answer.
     *
     * @throws ProblemException 409 if all were refused; its member {@code refused} lists them. 409 {@code request.id-reused}
     *     if it is no copy of the request that has its id. 503 {@code request.accepted} if it goes on without an answer; the
     *     problem has the id with which a copy gets it
     */
    AcceptedSagas begin(UpgradeStatus.Kind kind, UpgradeRequested request) {
        UUID id = Optional.ofNullable(request.requestId()).orElseGet(UUID::randomUUID);
        if (!database.inTransaction(() -> upgrades.accept(kind, id, null, request))) {
            throw ProblemException.conflict(
                    "request.id-reused", "requestId " + id + " is that of an earlier request for something else");
        }
        try {
            return answer(runner.run(new RequestStore.Key(id, kind)));
        } catch (RuntimeException e) {
            if (!RequestRunner.isPassing(e)) {
                throw e;
            }
            LOG.warn("request {} is accepted and goes on later: {}", id, OneLine.of(e));
            throw ProblemException.unavailable(
                    "request.accepted",
                    "it was accepted and goes on by itself, but the orchestrator cannot use its database at the moment;"
                            + " send the same with requestId " + id + " to get its answer: that begins nothing twice",
                    Map.of("requestId", id));
        }
    }

    /**
     * Begins the way back to an older backup.
     *
     * @throws ProblemException 409 if it is refused
     */
    AcceptedSagas restore(String installation, UUID backupId) {
        return answer(restoreOnce(installation, backupId, 1));
    }

    private static AcceptedSagas answer(AcceptedSagas answer) {
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

    /**
     * Shows one of these kinds.
     *
     * @throws ProblemException 404 if there is none
     */
    UpgradeStatus find(UUID id, Set<UpgradeStatus.Kind> kinds) {
        return database.inTransaction(() -> store.find(id))
                .filter(row -> kinds.contains(row.kind()))
                .orElseThrow(() -> unknown(id))
                .status();
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
        return database.inTransaction(() -> {
            SagaInput.Outcome outcome =
                    sagas.apply(List.of(SagaInput.of(id, event))).getFirst();
            return switch (outcome) {
                case SagaInput.Outcome.Counted _ ->
                    store.find(id).orElseThrow(() -> unknown(id)).status();
                case SagaInput.Outcome.Unknown _ -> throw unknown(id);
                case SagaInput.Outcome.Ignored ignored ->
                    throw ProblemException.conflict(refusedCode, ignored.reason());
                case SagaInput.Outcome.Forged forged -> throw ProblemException.conflict(refusedCode, forged.reason());
            };
        });
    }

    /** Again if another request for the same was faster. */
    private AcceptedSagas restoreOnce(String installation, UUID backupId, int attempt) {
        try {
            return database.inTransaction(() -> upgrades.restore(installation, backupId));
        } catch (PersistenceException e) {
            if (attempt < TRIES_MAX && SqlStates.uniqueViolation(e)) {
                return restoreOnce(installation, backupId, attempt + 1);
            }
            throw e;
        }
    }
}
