/* SPDX-License-Identifier: Apache-2.0 */
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
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.backup.BackupRepository;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.saga.SagaPlan;
import dev.uplift.orchestrator.saga.UpgradeSaga;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Begins sagas. A request is known by its id: a copy of it begins nothing. One live saga works on an installation, and on a
 * database, at a time.
 */
@Singleton
public final class Upgrades {
    private final SagaRuntime sagas;
    private final SagaStore store;
    private final RequestStore requests;
    private final InstallationStore installations;
    private final BackupRepository backups;
    private final TargetCheck targets;
    private final Clock clock;

    Upgrades(
            SagaRuntime sagas,
            SagaStore store,
            RequestStore requests,
            InstallationStore installations,
            BackupRepository backups,
            TargetCheck targets,
            Clock clock) {
        this.sagas = sagas;
        this.store = store;
        this.requests = requests;
        this.installations = installations;
        this.backups = backups;
        this.targets = targets;
        this.clock = clock;
    }

    /**
     * Accepts a request for upgrades, or for a dry run of them, in the transaction of this thread. {@link
     * RequestRunner} carries it out: after those that were accepted before, or, if somebody waits for the answer, at once,
     * beside them.
     *
     * @param source where it came from, for the incidents of what is refused; absent: somebody waits for the answer
     * @return false if {@code requestId} is that of an earlier request, of which this is no copy
     */
    public boolean accept(UpgradeStatus.Kind kind, UUID requestId, @Nullable String source, UpgradeRequested request) {
        return requests.insert(new RequestStore.Key(requestId, kind), source, request);
    }

    /**
     * Begins an upgrade of every installation of {@code part}, in the transaction of this thread. Each is accepted or
     * refused for itself; one that the request began before is passed over.
     *
     * @throws jakarta.persistence.PersistenceException because of a unique violation if another transaction was faster;
     *     to be called again in a new one
     */
    AcceptedSagas begin(RequestStore.Key key, UpgradeRequested part) {
        Round round = new Round(key.kind(), key.id());
        for (Installation target : round.lock(resolve(part, round.refused))) {
            if (part.profile() != null && !part.profile().equals(target.profile())) {
                round.refuse(target.name(), "its profile is " + target.profile() + ", not " + part.profile());
            } else if (!round.hasBegun(target) && round.isFree(target)) {
                beginUpgrade(round, target, part);
            }
        }
        return round.begin();
    }

    /**
     * Begins the way back to an older backup, in the transaction of this thread.
     *
     * @throws jakarta.persistence.PersistenceException as {@link #begin} does
     */
    AcceptedSagas restore(String installation, UUID backupId) {
        Round round = new Round(UpgradeStatus.Kind.RESTORE, UUID.randomUUID());
        List<Installation> named = installations.named(List.of(installation));
        Optional<BackupRepository.Taken> source = backups.taken(backupId);
        if (named.isEmpty()) {
            round.refuse(OneLine.of(installation), "no installation has this name or id");
        }
        for (Installation target : round.lock(named)) {
            if (source.isEmpty() || !source.get().installationId().equals(target.id())) {
                round.refuse(target.name(), "it has no backup " + backupId);
            } else if (round.isFree(target)) {
                BackupRepository.Taken taken = source.get();
                round.accept(
                        target,
                        new SagaOrder(
                                target.requireSpec(), taken.backup().release(), taken.backup(), StepLimits.DEFAULT));
            }
        }
        return round.begin();
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
            case TargetCheck.Verdict.Allowed allowed -> round.accept(target, order(target, request, allowed.edition()));
            case TargetCheck.Verdict.Identical identical -> {
                if (round.kind == UpgradeStatus.Kind.PLAN) {
                    round.accept(target, order(target, request, identical.edition()));
                } else {
                    round.refuse(target.name(), "it runs " + running.version() + " already");
                }
            }
        }
    }

    private static SagaOrder order(Installation target, UpgradeRequested request, @Nullable String edition) {
        return new SagaOrder(
                target.requireSpec(), Pins.target(request, target.requireSpec(), edition), null, limits(request));
    }

    private static StepLimits limits(UpgradeRequested request) {
        return Optional.ofNullable(request.limits()).orElse(StepLimits.DEFAULT);
    }

    private List<Installation> resolve(UpgradeRequested request, List<Refusal> refused) {
        List<Installation> found = installations.named(request.installations());
        Set<String> known = new LinkedHashSet<>();
        found.forEach(installation -> {
            known.add(installation.name());
            known.add(installation.id().toString());
        });
        request.installations().stream()
                .distinct()
                .filter(asked -> !known.contains(asked))
                .forEach(asked -> refused.add(new Refusal(OneLine.of(asked), "no installation has this name or id")));
        return found;
    }

    /** What one request comes to. */
    private final class Round {
        private final UpgradeStatus.Kind kind;
        private final UUID requestId;
        private final List<Refusal> refused = new ArrayList<>();
        private final List<Accepted> accepted = new ArrayList<>();
        private final List<SagaRuntime.Beginning> beginnings = new ArrayList<>();
        private final Map<String, SagaStore.Live> liveByDatabase = new HashMap<>();
        private final Set<UUID> begun = new HashSet<>();
        private final Instant now = clock.instant();

        Round(UpgradeStatus.Kind kind, UUID requestId) {
            this.kind = kind;
            this.requestId = requestId;
        }

        /** The installations as they are now, held until the transaction ends. */
        List<Installation> lock(List<Installation> found) {
            Map<UUID, Installation> locked =
                    installations.lock(found.stream().map(Installation::id).toList());
            List<String> identities = locked.values().stream()
                    .filter(Installation::known)
                    .map(installation -> installation.requireSpec().databaseIdentity())
                    .toList();
            store.live(identities).forEach(live -> liveByDatabase.put(live.databaseIdentity(), live));
            begun.addAll(
                    store.existing(locked.keySet().stream().map(this::sagaId).toList()));
            Map<UUID, Installation> ordered = new LinkedHashMap<>();
            found.forEach(installation -> {
                Installation row = locked.get(installation.id());
                if (row != null) {
                    ordered.put(row.id(), row);
                }
            });
            return List.copyOf(ordered.values());
        }

        /** The request named it twice: by its name and by its id. */
        boolean hasBegun(Installation target) {
            return begun.contains(sagaId(target.id()));
        }

        private UUID sagaId(UUID installationId) {
            return UuidCreator.getNameBasedSha1(requestId, kind + "/" + installationId);
        }

        boolean isFree(Installation target) {
            if (!target.known()) {
                refuse(target.name(), "it is not registered yet, its state is " + target.state());
                return false;
            }
            if (target.liveSaga() != null) {
                // A plan beside it would keep its steps waiting, and lock tables that the new version migrates.
                String again = kind == UpgradeStatus.Kind.PLAN ? "; plan again when it is over" : "";
                refuse(target.name(), "upgrade " + target.liveSaga() + " works on it" + again);
                return false;
            }
            if (kind == UpgradeStatus.Kind.PLAN) {
                return true;
            }
            if (target.state() == InstallationStatus.State.REGISTERING) {
                refuse(target.name(), "a node is being added to it");
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

        void accept(Installation target, SagaOrder order) {
            UUID id = sagaId(target.id());
            SagaPlan plan = SagaPlan.of(kind, order.limits().wayBack());
            SagaContext context =
                    SagaContext.ahead(target.requireRunning(), plan.steps().size());
            SagaRow planned = new SagaRow(
                    id,
                    target.id(),
                    target.name(),
                    order,
                    UpgradeSaga.planned(plan),
                    context,
                    Outage.NONE,
                    0,
                    now,
                    now,
                    null);
            long epoch = kind == UpgradeStatus.Kind.PLAN ? Math.max(1, target.epoch()) : target.epoch() + 1;
            beginnings.add(new SagaRuntime.Beginning(planned, epoch));
            accepted.add(new Accepted(target.name(), id));
            liveByDatabase.put(
                    target.requireSpec().databaseIdentity(),
                    new SagaStore.Live(
                            id, target.id(), target.name(), target.requireSpec().databaseIdentity()));
        }

        AcceptedSagas begin() {
            sagas.begin(beginnings);
            return new AcceptedSagas(List.copyOf(accepted), List.copyOf(refused));
        }
    }
}
