package dev.uplift.orchestrator.upgrade;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.AcceptedSagas.Accepted;
import dev.uplift.contract.api.AcceptedSagas.Refusal;
import dev.uplift.orchestrator.backup.BackupStore;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.saga.SagaPlan;
import dev.uplift.orchestrator.saga.UpgradeSaga;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Begins sagas. A request is known by its id: a copy of it gets the first one's answer and begins
 * nothing. One live saga works on an installation, and on a database, at a time.
 */
@Singleton
public final class Upgrades {
    private static final String ALL = "*";

    private final SagaRuntime sagas;
    private final TargetCheck targets;

    Upgrades(SagaRuntime sagas, TargetCheck targets) {
        this.sagas = sagas;
        this.targets = targets;
    }

    /**
     * The answer to a request.
     *
     * @param first false if it was given to an earlier copy of the request, and nothing was begun now
     */
    public record Answer(AcceptedSagas sagas, boolean first) {}

    /**
     * Begins an upgrade, or a dry run of it, of every installation that is asked for, in the caller's
     * transaction. Each is accepted or refused for itself.
     *
     * @throws org.jdbi.v3.core.JdbiException with a unique violation if another transaction was faster;
     *     to be called again in a new one
     */
    public Answer request(Handle handle, UpgradeStatus.Kind kind, UUID requestId, UpgradeRequested request) {
        return once(handle, kind, requestId, () -> {
            Round round = new Round(handle, kind, requestId);
            for (Installation target : round.lock(resolve(handle, request, round.refused))) {
                if (request.profile() != null && !request.profile().equals(target.profile())) {
                    round.refuse(target.name(), "its profile is " + target.profile() + ", not " + request.profile());
                } else if (round.isFree(target)) {
                    beginUpgrade(round, target, request);
                }
            }
            return round.begin();
        });
    }

    /**
     * Begins the way back to an older backup, in the caller's transaction.
     *
     * @throws org.jdbi.v3.core.JdbiException as {@link #request} does
     */
    public Answer restore(Handle handle, UUID requestId, String installation, UUID backupId) {
        UpgradeStatus.Kind kind = UpgradeStatus.Kind.RESTORE;
        return once(handle, kind, requestId, () -> {
            Round round = new Round(handle, kind, requestId);
            List<Installation> named = InstallationStore.named(handle, List.of(installation));
            Optional<BackupStore.Taken> source = BackupStore.find(handle, backupId);
            if (named.isEmpty()) {
                round.refuse(installation, "no installation has this name or id");
            }
            for (Installation target : round.lock(named)) {
                if (source.isEmpty() || !source.get().installationId().equals(target.id())) {
                    round.refuse(target.name(), "it has no backup " + backupId);
                } else if (round.isFree(target)) {
                    BackupStore.Taken taken = source.get();
                    SagaContext context = SagaContext.ahead(
                            target.requireSpec(),
                            target.requireRunning(),
                            taken.backup().release(),
                            taken.backup(),
                            StepLimits.DEFAULT,
                            SagaPlan.RESTORE.steps().size());
                    round.accept(target, context);
                }
            }
            return round.begin();
        });
    }

    private void beginUpgrade(Round round, Installation target, UpgradeRequested request) {
        Release running = target.requireRunning();
        String profile = target.requireSpec().profile();
        Optional<String> unpinned = Pins.problem(request, target.requireSpec());
        if (unpinned.isPresent()) {
            round.refuse(target.name(), unpinned.get());
            return;
        }
        switch (targets.check(
                profile,
                running,
                request.version(),
                request.edition(),
                limits(request).wayBack())) {
            case TargetCheck.Verdict.Refused refused -> round.refuse(target.name(), refused.reason());
            case TargetCheck.Verdict.Allowed allowed ->
                round.accept(target, context(round, target, request, allowed.edition()));
            case TargetCheck.Verdict.Identical identical -> {
                if (round.kind == UpgradeStatus.Kind.PLAN) {
                    round.accept(target, context(round, target, request, identical.edition()));
                } else {
                    round.refuse(target.name(), "it runs " + running.version() + " already");
                }
            }
        }
    }

    private static SagaContext context(
            Round round, Installation target, UpgradeRequested request, @Nullable String edition) {
        return SagaContext.ahead(
                target.requireSpec(),
                target.requireRunning(),
                Pins.target(request, target.requireSpec(), edition),
                null,
                limits(request),
                SagaPlan.of(round.kind, limits(request).wayBack()).steps().size());
    }

    private static StepLimits limits(UpgradeRequested request) {
        return Optional.ofNullable(request.limits()).orElse(StepLimits.DEFAULT);
    }

    private static List<Installation> resolve(Handle handle, UpgradeRequested request, List<Refusal> refused) {
        if (request.installations().equals(List.of(ALL))) {
            return InstallationStore.all(handle, request.profile());
        }
        List<Installation> found = InstallationStore.named(handle, request.installations());
        Set<String> known = new LinkedHashSet<>();
        found.forEach(installation -> {
            known.add(installation.name());
            known.add(installation.id().toString());
        });
        request.installations().stream()
                .distinct()
                .filter(asked -> !known.contains(asked))
                .forEach(asked -> refused.add(new Refusal(asked, "no installation has this name or id")));
        return found;
    }

    private static Answer once(Handle handle, UpgradeStatus.Kind kind, UUID requestId, Supplier<AcceptedSagas> begin) {
        Optional<AcceptedSagas> earlier = handle.createQuery(
                        "SELECT answer::text FROM request WHERE id = :id AND kind = :kind")
                .bind("id", requestId)
                .bind("kind", kind.name())
                .map((row, context) -> Columns.json(row, "answer", AcceptedSagas.class))
                .findOne();
        return earlier.map(answer -> new Answer(answer, false)).orElseGet(() -> {
            AcceptedSagas answer = begin.get();
            handle.createUpdate("INSERT INTO request (id, kind, answer, at) VALUES (:id, :kind, :answer::jsonb, now())")
                    .bind("id", requestId)
                    .bind("kind", kind.name())
                    .bind("answer", Columns.json(answer))
                    .execute();
            return new Answer(answer, true);
        });
    }

    /** What one request comes to. */
    private final class Round {
        private final Handle handle;
        private final UpgradeStatus.Kind kind;
        private final UUID requestId;
        private final List<Refusal> refused = new ArrayList<>();
        private final List<Accepted> accepted = new ArrayList<>();
        private final List<SagaRuntime.Beginning> beginnings = new ArrayList<>();
        private final Map<String, SagaStore.Live> liveByDatabase = new HashMap<>();
        private final Instant now = Instant.now();

        Round(Handle handle, UpgradeStatus.Kind kind, UUID requestId) {
            this.handle = handle;
            this.kind = kind;
            this.requestId = requestId;
        }

        /** The installations as they are now, held until the transaction ends. */
        List<Installation> lock(List<Installation> found) {
            Map<UUID, Installation> locked = InstallationStore.lock(
                    handle, found.stream().map(Installation::id).toList());
            List<String> identities = locked.values().stream()
                    .filter(Installation::known)
                    .map(installation -> installation.requireSpec().databaseIdentity())
                    .toList();
            SagaStore.live(handle, identities).forEach(live -> liveByDatabase.put(live.databaseIdentity(), live));
            Map<UUID, Installation> ordered = new LinkedHashMap<>();
            found.forEach(installation -> {
                Installation row = locked.get(installation.id());
                if (row != null) {
                    ordered.put(row.id(), row);
                }
            });
            return List.copyOf(ordered.values());
        }

        boolean isFree(Installation target) {
            if (!target.known()) {
                refuse(target.name(), "it is not registered yet, its state is " + target.state());
                return false;
            }
            if (kind == UpgradeStatus.Kind.PLAN) {
                return true;
            }
            if (target.state() == InstallationStatus.State.REGISTERING) {
                refuse(target.name(), "a node is being added to it");
                return false;
            }
            if (target.liveSaga() != null) {
                refuse(target.name(), "upgrade " + target.liveSaga() + " works on it");
                return false;
            }
            SagaStore.Live other = liveByDatabase.get(target.requireSpec().databaseIdentity());
            if (other != null) {
                refuse(
                        target.name(),
                        "upgrade " + other.id() + " of " + other.installation() + " works on the same database");
                return false;
            }
            return true;
        }

        void refuse(String installation, String reason) {
            refused.add(new Refusal(installation, reason));
        }

        void accept(Installation target, SagaContext context) {
            UUID id = UuidCreator.getNameBasedSha1(requestId, kind + "/" + target.id());
            SagaPlan plan = SagaPlan.of(kind, context.limits().wayBack());
            SagaRow planned =
                    new SagaRow(id, target.id(), target.name(), UpgradeSaga.planned(plan), context, 0, now, now, null);
            long epoch = kind == UpgradeStatus.Kind.PLAN ? Math.max(1, target.epoch()) : target.epoch() + 1;
            beginnings.add(new SagaRuntime.Beginning(planned, epoch));
            accepted.add(new Accepted(target.name(), id));
            liveByDatabase.put(
                    target.requireSpec().databaseIdentity(),
                    new SagaStore.Live(
                            id, target.id(), target.name(), target.requireSpec().databaseIdentity()));
        }

        AcceptedSagas begin() {
            sagas.begin(handle, beginnings);
            return new AcceptedSagas(List.copyOf(accepted), List.copyOf(refused));
        }
    }
}
