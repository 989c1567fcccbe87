/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.messaging.OutboundMessage;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.backup.BackupRepository;
import dev.uplift.orchestrator.inventory.HostRepository;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.release.ReleaseKey;
import dev.uplift.orchestrator.release.ReleaseRepository;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.VersionReading;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a batch of events has made of sagas, in a few statements, however many sagas there are, and sends it with the
 * commit. What a command says that may have changed since its saga began is read anew.
 */
@Singleton
final class SagaWriter {
    private final SagaStore sagas;
    private final InstallationStore installations;
    private final HostRepository hosts;
    private final ReleaseRepository releases;
    private final BackupRepository backups;
    private final Outbox outbox;
    private final Profiles profiles;
    private final OutageLimit outages;

    SagaWriter(
            SagaStore sagas,
            InstallationStore installations,
            HostRepository hosts,
            ReleaseRepository releases,
            BackupRepository backups,
            Outbox outbox,
            Profiles profiles,
            OutageLimit outages) {
        this.sagas = sagas;
        this.installations = installations;
        this.hosts = hosts;
        this.releases = releases;
        this.backups = backups;
        this.outbox = outbox;
        this.profiles = profiles;
        this.outages = outages;
    }

    /** Writes everything in the transaction of this thread. */
    void write(SagaBatch batch) {
        if (batch.isEmpty()) {
            return;
        }
        beginOutages(batch);
        releases.record(completed(batch));
        List<OutboundMessage> messages = new ArrayList<>(withPresentHosts(batch, withKnownReleases(batch.commands())));
        batch.moved().forEach(row -> messages.add(Outgoing.status(row.id(), row.updatedAt(), sagas.status(row))));
        sagas.insert(batch.added());
        sagas.update(batch.changed());
        List<String> transitions =
                batch.transitions().stream().map(Columns::json).toList();
        sagas.log(batch.transitions(), transitions);
        backups.insert(batch.backups());
        for (int i = 0; i < transitions.size(); i++) {
            messages.add(Outgoing.transitioned(batch.transitions().get(i), transitions.get(i)));
        }
        List<Installation> changed = batch.changed(installations.lock(batch.touchedInstallations()));
        installations.update(changed);
        changed.forEach(installation -> messages.add(Outgoing.status(installation.status())));
        outbox.append(messages);
    }

    /** Who has come to STOP goes on at once where nobody waits and there is room; the others wait for the upkeep. */
    private void beginOutages(SagaBatch batch) {
        Map<String, List<SagaRow>> waiting = batch.moved()
                .filter(row -> row.outage() == Outage.WAITING)
                .sorted(Comparator.comparing(SagaRow::startedAt).thenComparing(SagaRow::id))
                .collect(Collectors.groupingBy(SagaRow::site));
        if (waiting.isEmpty()) {
            return;
        }
        Set<String> sites = sagas.mayBeginOutages(waiting.keySet());
        SagaStore.OutageCounts others = sagas.count(sites, batch.ids());
        for (String site : sites) {
            if (others.waiting(site) == 0) {
                long taken = others.taken(site)
                        + batch.moved()
                                .filter(row -> row.outage() == Outage.TAKEN
                                        && row.site().equals(site))
                                .count();
                waiting.getOrDefault(site, List.of()).stream()
                        .limit(Math.max(0, outages.max() - taken))
                        .forEach(batch::beginOutage);
            }
        }
    }

    /** Hosts are reached as the inventory says now, not as it said when the saga began: a key may have changed since. */
    private List<OutboundMessage> withPresentHosts(SagaBatch batch, List<StepCommand> sent) {
        Set<String> names = sent.stream()
                .flatMap(command -> command.installation().hosts().stream())
                .map(HostSpec::name)
                .collect(Collectors.toSet());
        Collection<HostEntry> present = hosts.find(names).values();
        return sent.stream()
                .map(command -> {
                    InstallationSpec installation = command.installation();
                    for (HostEntry entry : present) {
                        installation = installation.withHost(entry.host());
                    }
                    return Outgoing.command(command.withInstallation(installation), batch.now());
                })
                .toList();
    }

    /** What a version is may have been settled by an upgrade that was completed since the saga began. */
    private List<StepCommand> withKnownReleases(List<StepCommand> commands) {
        Map<StepCommand, ReleaseKey> asking = new HashMap<>();
        for (StepCommand command : commands) {
            if (command.step().service() == ServiceName.ARTIFACT) {
                String edition = command.to().edition() == null
                        ? command.from().edition()
                        : command.to().edition();
                key(command.installation().profile(), command.to().version(), edition)
                        .ifPresent(key -> asking.put(command, key));
            }
        }
        Map<ReleaseKey, List<Artifact>> known = releases.known(Set.copyOf(asking.values()));
        return commands.stream()
                .map(command -> Optional.ofNullable(asking.get(command))
                        .map(known::get)
                        .map(command::withKnown)
                        .orElse(command))
                .toList();
    }

    /** What upgrades that have just been completed were completed with. */
    private List<ReleaseRepository.Completed> completed(SagaBatch batch) {
        List<ReleaseRepository.Completed> completed = new ArrayList<>();
        batch.moved()
                .filter(row -> row.kind() == UpgradeStatus.Kind.UPGRADE
                        && row.state().status() == UpgradeStatus.State.COMPLETED)
                .forEach(row -> row.context()
                        .artifacts()
                        .forEach(artifact -> key(
                                        row.order().installation().profile(), artifact.version(), artifact.edition())
                                .map(key -> new ReleaseRepository.Completed(
                                        key, artifact, row.id(), row.installation(), batch.now()))
                                .ifPresent(completed::add)));
        return completed;
    }

    private Optional<ReleaseKey> key(String profile, String version, @Nullable String edition) {
        return profiles.byName(profile).flatMap(rules -> switch (rules.version(version)) {
            case VersionReading.Known known -> Optional.of(ReleaseKey.of(profile, edition, known.version()));
            case VersionReading.Unreadable _ -> Optional.empty();
        });
    }
}
