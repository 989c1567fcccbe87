package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.orchestrator.incident.IncidentStore;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Forgets what nobody needs any more. Sagas and backups are kept. */
@Singleton
final class Housekeeping {
    private static final Duration DEFAULT_RETENTION_MIN = Duration.ofDays(8);

    private final Jdbi jdbi;
    private final Inbox inbox;
    private final IncidentStore incidents;
    private final Duration retention;

    Housekeeping(MessagingRuntime messaging, Jdbi jdbi, IncidentStore incidents, RetentionSettings settings) {
        this.jdbi = jdbi;
        this.inbox = messaging.inbox();
        this.incidents = incidents;
        this.retention = settings.period();
        if (retention.compareTo(DEFAULT_RETENTION_MIN) < 0) {
            throw new IllegalArgumentException(
                    "uplift.retention.period is " + retention + ", at least " + DEFAULT_RETENTION_MIN
                            + " is needed: Kafka keeps messages for 7 days, and their copies must be known");
        }
    }

    void run() {
        Instant oldest = Instant.now().minus(retention);
        jdbi.useTransaction(handle -> {
            inbox.forget(handle, oldest);
            incidents.prune(handle, oldest);
            delete(handle, "DELETE FROM request WHERE at < :oldest", oldest);
            delete(handle, "DELETE FROM transition_log WHERE at < :oldest", oldest);
            delete(handle, "DELETE FROM saga WHERE kind = 'PLAN' AND ended_at < :oldest", oldest);
        });
    }

    private static void delete(Handle handle, String statement, Instant oldest) {
        handle.createUpdate(statement)
                .bind("oldest", oldest.atOffset(ZoneOffset.UTC))
                .execute();
    }
}
