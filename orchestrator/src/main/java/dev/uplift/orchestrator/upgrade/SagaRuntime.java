/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.database.DatabaseIds;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.sql.LockOrder;
import dev.uplift.orchestrator.upgrade.SagaInput.Outcome;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Drives the sagas: results, due deadlines, operators' requests and new sagas all go the same way, a
 * {@link SagaBatch} in one transaction. Any number of replicas may do so at once.
 */
@Singleton
final class SagaRuntime {
    private static final int DUE_BATCH = 500;
    private static final int FORGOTTEN_BATCH = 500;
    private static final int FORGOTTEN_LOG = 10_000;

    /** Each may have an answer for every installation. */
    private static final int FORGOTTEN_REQUESTS = 50;

    private final Database database;
    private final LockOrder locks;
    private final SagaStore sagas;
    private final SagaWriter writer;
    private final Outbox outbox;
    private final SagaLimits limits;
    private final OutageLimit outages;
    private final MeterRegistry metrics;
    private final Clock clock;

    SagaRuntime(
            Database database,
            LockOrder locks,
            SagaStore sagas,
            SagaWriter writer,
            Outbox outbox,
            SagaLimits limits,
            OutageLimit outages,
            MeterRegistry metrics,
            Clock clock) {
        this.database = database;
        this.locks = locks;
        this.sagas = sagas;
        this.writer = writer;
        this.outbox = outbox;
        this.limits = limits;
        this.outages = outages;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** A saga that is to begin, and the epoch that it begins at. */
    record Beginning(SagaRow planned, long epoch) {}

    /** Begins sagas in the transaction of this thread, which holds their installations locked. */
    void begin(List<Beginning> beginnings) {
        SagaBatch batch = new SagaBatch(Map.of(), DatabaseIds.none(), limits, clock.instant());
        beginnings.forEach(saga -> batch.begin(saga.planned(), saga.epoch()));
        write(batch);
    }

    /** Applies events that name no database in the transaction of this thread; says what became of each, in their order. */
    List<Outcome> apply(List<SagaInput> inputs) {
        return apply(inputs, DatabaseIds.none());
    }

    /** The same of any events; the transaction holds the databases that they name. */
    List<Outcome> apply(List<SagaInput> inputs, DatabaseIds databases) {
        if (inputs.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = inputs.stream().map(SagaInput::sagaId).toList();
        SagaBatch batch = new SagaBatch(lock(() -> sagas.lock(ids)), databases, limits, clock.instant());
        List<Outcome> outcomes = new ArrayList<>();
        for (SagaInput input : inputs) {
            outcomes.add(batch.apply(input));
        }
        write(batch);
        return outcomes;
    }

    /** Tells all sagas whose deadline is over; returns when there is none left. */
    void expire() {
        database.inPortions(DUE_BATCH, max -> {
            Map<UUID, SagaRow> due = lock(() -> sagas.due(limits.silenceMax(), max));
            SagaBatch batch = new SagaBatch(due, DatabaseIds.none(), limits, clock.instant());
            due.values()
                    .forEach(row -> row.state()
                            .timer()
                            .ifPresent(timer -> batch.apply(SagaInput.of(row.id(), new SagaEvent.TimedOut(timer)))));
            write(batch);
            return due.size();
        });
    }

    /** Lets those stop their applications that wait for it, as far as there is room for outages. */
    void beginOutages() {
        for (String site : database.inTransaction(sagas::sitesThatWait)) {
            database.useTransaction(() -> {
                Set<String> only = sagas.mayBeginOutages(Set.of(site));
                if (!only.isEmpty()) {
                    long free = outages.max() - sagas.count(only, List.of()).taken(site);
                    Map<UUID, SagaRow> next = lock(() -> sagas.waiting(site, Math.max(0, free)));
                    SagaBatch batch = new SagaBatch(next, DatabaseIds.none(), limits, clock.instant());
                    next.values().forEach(batch::beginOutage);
                    write(batch);
                }
            });
        }
    }

    /** Forgets dry runs, logged transitions and answered requests from before {@code oldest}. */
    void forget(Instant oldest) {
        database.inPortions(FORGOTTEN_LOG, max -> sagas.pruneTransitions(oldest, max));
        database.inPortions(FORGOTTEN_REQUESTS, max -> sagas.pruneRequests(oldest, max));
        database.inPortions(FORGOTTEN_BATCH, max -> {
            List<UUID> forgotten = lock(() -> sagas.deletePlans(oldest, max));
            outbox.appendTombstones(Topics.STATUS_UPGRADES, forgotten);
            return forgotten.size();
        });
    }

    private <T> T lock(Supplier<T> locking) {
        return locks.lock(LockOrder.Kind.SAGAS, locking);
    }

    private void write(SagaBatch batch) {
        writer.write(batch);
        List<UpgradeTransitioned> transitions = batch.transitions();
        if (!transitions.isEmpty()) {
            database.afterCommit(() -> transitions.forEach(this::count));
        }
    }

    private void count(UpgradeTransitioned transition) {
        metrics.counter(
                        "uplift.saga.transitions",
                        "event",
                        transition.event(),
                        "state",
                        transition.state().name(),
                        "step",
                        transition.step() == null ? "none" : transition.step().name())
                .increment();
    }
}
