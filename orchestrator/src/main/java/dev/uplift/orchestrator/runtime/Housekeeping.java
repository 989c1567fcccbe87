/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.Database;
import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.inventory.DiscoveryRepository;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.inventory.Registration;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Forgets what nobody needs any more. Upgrades, restores and backups are kept. */
@Singleton
final class Housekeeping {
    private static final int PORTION = 10_000;
    private static final Duration DISCOVERIES_KEPT = Duration.ofDays(1);
    private static final Duration REFUSED_KEPT = Duration.ofDays(1);
    private static final Duration RETENTION_MIN = Duration.ofDays(8);

    private final Database database;
    private final Inbox inbox;
    private final IncidentRepository incidents;
    private final InstallationStore installations;
    private final DiscoveryRepository discoveries;
    private final SagaUpkeep sagas;
    private final Registration registration;
    private final Duration retention;
    private final Clock clock;

    Housekeeping(
            MessagingRuntime messaging,
            IncidentRepository incidents,
            InstallationStore installations,
            DiscoveryRepository discoveries,
            SagaUpkeep sagas,
            Registration registration,
            RetentionSettings settings,
            Clock clock) {
        this.database = messaging.database();
        this.incidents = incidents;
        this.installations = installations;
        this.discoveries = discoveries;
        this.inbox = messaging.inbox();
        this.sagas = sagas;
        this.registration = registration;
        this.retention = settings.period();
        this.clock = clock;
        if (retention.compareTo(RETENTION_MIN) < 0) {
            throw new IllegalArgumentException("uplift.retention.period is " + retention + ", at least " + RETENTION_MIN
                    + " is needed: Kafka keeps messages for 7 days, and their copies must be known");
        }
    }

    void run() {
        Instant now = clock.instant();
        Instant oldest = now.minus(retention);
        database.inPortions(PORTION, max -> inbox.forget(oldest, max));
        database.inPortions(PORTION, max -> incidents.prune(oldest, max));
        database.inPortions(PORTION, max -> installations.pruneRemovals(oldest, max));
        database.inPortions(PORTION, max -> discoveries.prune(now.minus(DISCOVERIES_KEPT), max));
        registration.forgetRefused(now.minus(REFUSED_KEPT));
        sagas.forget(oldest);
    }
}
