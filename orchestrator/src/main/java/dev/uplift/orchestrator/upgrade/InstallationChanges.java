/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Release;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.inventory.Installation;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** What a batch of events says of installations: what was seen to run, and who works on them. For one transaction. */
final class InstallationChanges {
    private final Map<UUID, Release> observed = new HashMap<>();
    private final Map<UUID, SagaRow> before = new HashMap<>();
    private final Map<UUID, SagaRow> after = new LinkedHashMap<>();

    /** This was seen to run. */
    void observed(UUID installation, Release running) {
        observed.put(installation, running);
    }

    /** A saga has moved; of several times the first {@code from} and the last {@code to} count. */
    void moved(SagaRow from, SagaRow to) {
        before.putIfAbsent(from.id(), from);
        after.put(to.id(), to);
    }

    /** The installations that may change. */
    Set<UUID> ids() {
        Set<UUID> ids = new LinkedHashSet<>(observed.keySet());
        concerned().forEach(saga -> ids.add(saga.installationId()));
        return ids;
    }

    /** Those of {@code locked}, which has all of {@link #ids} that there are, that change. */
    List<Installation> applied(Map<UUID, Installation> locked, Instant now) {
        Map<UUID, Installation> changed = new LinkedHashMap<>();
        observed.forEach((id, running) -> {
            Installation installation = locked.get(id);
            if (installation != null && !running.equals(installation.running())) {
                changed.put(id, installation.runs(running, now));
            }
        });
        for (SagaRow saga : concerned()) {
            Installation installation = changed.getOrDefault(saga.installationId(), locked.get(saga.installationId()));
            if (installation != null) {
                changed.put(installation.id(), applied(saga, installation, now));
            }
        }
        return List.copyOf(changed.values());
    }

    private List<SagaRow> concerned() {
        return after.values().stream()
                .filter(saga -> saga.kind() != UpgradeStatus.Kind.PLAN && concernsInstallation(saga))
                .toList();
    }

    private boolean concernsInstallation(SagaRow saga) {
        SagaRow was = Objects.requireNonNull(before.get(saga.id()));
        // A saga that begins gets its epoch.
        return was.state().course().epoch() != saga.state().course().epoch()
                || was.live() != saga.live()
                || isParked(was) != isParked(saga);
    }

    private static Installation applied(SagaRow saga, Installation installation, Instant now) {
        long epoch = saga.state().course().epoch();
        if (saga.live()) {
            return installation.workedOn(saga.id(), epoch, isParked(saga), now);
        }
        boolean completed = saga.state().status() == UpgradeStatus.State.COMPLETED;
        Release runs = completed ? saga.committed() : saga.context().from();
        List<LeftOut> without = completed ? saga.status().leftOut() : installation.leftOut();
        Installation released = installation.released(epoch, without, now);
        return runs.equals(released.running()) ? released : released.runs(runs, now);
    }

    private static boolean isParked(SagaRow saga) {
        return saga.state().status() == UpgradeStatus.State.PARKED;
    }
}
