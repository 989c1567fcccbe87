package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.inventory.DatabaseIds;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.sql.Sql;
import dev.uplift.orchestrator.upgrade.SagaInput.Outcome;
import dev.uplift.profile.Profiles;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntSupplier;
import org.jdbi.v3.core.Handle;

/**
 * Drives the sagas: results, due deadlines, operators' requests and new sagas all go the same way, a
 * {@link SagaBatch} in one transaction. Any number of replicas may do so at once.
 */
@Singleton
final class SagaRuntime {
    private static final int DUE_BATCH = 500;
    private static final int FORGOTTEN_BATCH = 500;

    private final Sql sql;
    private final Database database;
    private final Outbox outbox;
    private final SagaLimits limits;
    private final OutageLimit outages;
    private final Profiles profiles;
    private final MeterRegistry metrics;

    SagaRuntime(
            Sql sql,
            Database database,
            Outbox outbox,
            SagaLimits limits,
            OutageLimit outages,
            Profiles profiles,
            MeterRegistry metrics) {
        this.sql = sql;
        this.database = database;
        this.outbox = outbox;
        this.limits = limits;
        this.outages = outages;
        this.profiles = profiles;
        this.metrics = metrics;
    }

    /** A saga that is to begin, and the epoch that it begins at. */
    record Beginning(SagaRow planned, long epoch) {}

    /** Begins sagas in the caller's transaction, which holds their installations locked. */
    void begin(Handle handle, List<Beginning> sagas) {
        SagaBatch batch = new SagaBatch(Map.of(), DatabaseIds.none(), limits, outages, profiles, Instant.now());
        sagas.forEach(saga -> batch.begin(saga.planned(), saga.epoch()));
        write(handle, batch);
    }

    /** Applies events that name no database in the caller's transaction; says what became of each, in their order. */
    List<Outcome> apply(Handle handle, List<SagaInput> inputs) {
        return apply(handle, inputs, DatabaseIds.none());
    }

    /** The same of any events; the transaction holds the databases that they name. */
    List<Outcome> apply(Handle handle, List<SagaInput> inputs, DatabaseIds databases) {
        if (inputs.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = inputs.stream().map(SagaInput::sagaId).toList();
        SagaBatch batch =
                new SagaBatch(SagaStore.lock(handle, ids), databases, limits, outages, profiles, Instant.now());
        List<Outcome> outcomes = new ArrayList<>();
        for (SagaInput input : inputs) {
            outcomes.add(batch.apply(input));
        }
        write(handle, batch);
        return outcomes;
    }

    /** Tells all sagas whose deadline is over; returns when there is none left. */
    void expire() {
        IntSupplier expireSome = () -> sql.inTransaction(handle -> {
            Map<UUID, SagaRow> due = SagaStore.due(handle, limits.silenceMax(), DUE_BATCH);
            SagaBatch batch = new SagaBatch(due, DatabaseIds.none(), limits, outages, profiles, Instant.now());
            due.values()
                    .forEach(row -> row.state()
                            .timer()
                            .ifPresent(timer -> batch.apply(SagaInput.of(row.id(), new SagaEvent.TimedOut(timer)))));
            write(handle, batch);
            return due.size();
        });
        while (expireSome.getAsInt() == DUE_BATCH && !Thread.currentThread().isInterrupted()) {}
    }

    /** Lets those stop their applications that wait for it, as far as there is room for outages. */
    void beginOutages() {
        for (String site : sql.inTransaction(SagaStore::sitesThatWait)) {
            sql.useTransaction(handle -> {
                if (SagaStore.mayBeginOutages(handle, site)) {
                    long free = outages.max() - SagaStore.count(handle, site, Outage.TAKEN, List.of());
                    Map<UUID, SagaRow> next = SagaStore.waiting(handle, site, Math.max(0, free));
                    SagaBatch batch = new SagaBatch(next, DatabaseIds.none(), limits, outages, profiles, Instant.now());
                    next.values().forEach(batch::beginOutage);
                    write(handle, batch);
                }
            });
        }
    }

    /** Forgets dry runs, logged transitions and answered requests from before {@code oldest}. */
    void forget(Instant oldest) {
        sql.useTransaction(handle -> SagaStore.prune(handle, oldest));
        IntSupplier forgetSome = () -> sql.inTransaction(handle -> {
            List<UUID> forgotten = SagaStore.deletePlans(handle, oldest, FORGOTTEN_BATCH);
            outbox.appendTombstones(Topics.STATUS_UPGRADES, forgotten);
            return forgotten.size();
        });
        while (forgetSome.getAsInt() == FORGOTTEN_BATCH
                && !Thread.currentThread().isInterrupted()) {}
    }

    private void write(Handle handle, SagaBatch batch) {
        batch.write(handle, outbox);
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
