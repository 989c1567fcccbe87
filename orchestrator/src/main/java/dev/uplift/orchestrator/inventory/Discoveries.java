/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.DiscoveryStatus.State;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.intake.ResultBatch;
import dev.uplift.orchestrator.intake.ResultHandler;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Searches for what runs on a host: its site's swap-service is asked, and its answer is compared with the inventory. */
@Singleton
final class Discoveries implements ResultHandler<Discovery> {
    private static final Duration ANSWER_MAX = Duration.ofMinutes(2);

    private final Database database;
    private final DiscoveryRepository table;
    private final InstallationStore installations;
    private final Outbox outbox;
    private final SiteTopics topics;
    private final Hosts hosts;
    private final Clock clock;

    Discoveries(
            Database database,
            DiscoveryRepository table,
            InstallationStore installations,
            Outbox outbox,
            SiteTopics topics,
            Hosts hosts,
            Clock clock) {
        this.database = database;
        this.table = table;
        this.installations = installations;
        this.outbox = outbox;
        this.topics = topics;
        this.hosts = hosts;
        this.clock = clock;
    }

    /**
     * Begins a search. Where one of the same host is under way it is that one.
     *
     * @param host a host's name, or {@code local}
     * @param asked of {@code local}; absent: that of the host, or {@code default}
     * @throws ProblemException 400 if the host is at another site, 404 if it or the site is unknown
     */
    DiscoveryStatus begin(String host, @Nullable String asked) {
        HostEntry entry = hosts.named(host).orElse(null);
        String site = Hosts.site(entry, asked);
        Instant now = clock.instant();
        DiscoveryEntity row = new DiscoveryEntity();
        row.id = UUID.randomUUID();
        row.host = host;
        row.site = site;
        row.askedAt = now;
        row.dueAt = now.plus(ANSWER_MAX);
        topics.requireWorkers(site);
        return database.inTransaction(() -> {
            Optional<DiscoveryEntity> live = table.underWay(host, site, now);
            if (live.isPresent()) {
                return status(live.get());
            }
            table.persistAndFlush(row);
            Discovery.Requested question = new Discovery.Requested(row.id, site, entry == null ? null : entry.host());
            outbox.append(List.of(Outgoing.discover(question, now)));
            return status(row);
        });
    }

    /**
     * How far a search is.
     *
     * @throws ProblemException 404 if it is unknown, or was forgotten
     */
    DiscoveryStatus get(String host, String id) {
        return database.inTransaction(() -> status(uuid(id).flatMap(known -> table.find(host, known))
                .orElseThrow(() ->
                        ProblemException.unknown("discovery.unknown", "no discovery of this host has the id", id))));
    }

    @Override
    public Class<Discovery> type() {
        return Discovery.class;
    }

    @Override
    public boolean isFrom(ServiceName service) {
        return service == ServiceName.SWAP;
    }

    @Override
    public void handle(ResultBatch<Discovery> batch) {
        for (Discovery answer : batch.bodies()) {
            switch (answer) {
                case Discovery.Found found -> table.found(found);
                case Discovery.Refused refused -> table.refused(refused);
                case Discovery.Requested _ -> {}
            }
        }
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private DiscoveryStatus status(DiscoveryEntity row) {
        Discovery.Found found = Columns.parseOrNull(row.found, Discovery.Found.class);
        if (found != null) {
            return new DiscoveryStatus(
                    row.id,
                    row.host,
                    row.site,
                    State.DONE,
                    proposals(row, found).of(found),
                    found.notes(),
                    null,
                    row.askedAt);
        }
        String problem = row.problem;
        if (problem == null && row.dueAt.isBefore(clock.instant())) {
            problem = "no swap-service answered at site " + row.site;
        }
        return new DiscoveryStatus(
                row.id,
                row.host,
                row.site,
                problem == null ? State.SEARCHING : State.FAILED,
                List.of(),
                List.of(),
                problem,
                row.askedAt);
    }

    private Proposals proposals(DiscoveryEntity row, Discovery.Found found) {
        List<String> databases =
                found.usable().stream().map(Discovery.Usable::databaseIdentity).toList();
        return new Proposals(
                row.site,
                row.host,
                installations.owners(databases),
                installations.at(row.site, row.host, Proposals.places(found)),
                name -> !installations.named(List.of(name)).isEmpty());
    }
}
