package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.orchestrator.incident.IncidentStore;
import dev.uplift.orchestrator.inventory.DiscoveryStore;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.inventory.Registration;
import dev.uplift.orchestrator.sql.Sql;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;

/** Forgets what nobody needs any more. Upgrades, restores and backups are kept. */
@Singleton
final class Housekeeping {
    private static final Duration DISCOVERIES_KEPT = Duration.ofDays(1);
    private static final Duration REFUSED_KEPT = Duration.ofDays(1);
    private static final Duration RETENTION_MIN = Duration.ofDays(8);

    private final Sql sql;
    private final Inbox inbox;
    private final SagaUpkeep sagas;
    private final Registration registration;
    private final Duration retention;

    Housekeeping(
            MessagingRuntime messaging,
            Sql sql,
            SagaUpkeep sagas,
            Registration registration,
            RetentionSettings settings) {
        this.sql = sql;
        this.inbox = messaging.inbox();
        this.sagas = sagas;
        this.registration = registration;
        this.retention = settings.period();
        if (retention.compareTo(RETENTION_MIN) < 0) {
            throw new IllegalArgumentException("uplift.retention.period is " + retention + ", at least " + RETENTION_MIN
                    + " is needed: Kafka keeps messages for 7 days, and their copies must be known");
        }
    }

    void run() {
        Instant oldest = Instant.now().minus(retention);
        sql.useTransaction(handle -> {
            inbox.forget(oldest);
            IncidentStore.prune(handle, oldest);
            InstallationStore.pruneRemovals(handle, oldest);
            DiscoveryStore.prune(handle, Instant.now().minus(DISCOVERIES_KEPT));
        });
        registration.forgetRefused(Instant.now().minus(REFUSED_KEPT));
        sagas.forget(oldest);
    }
}
