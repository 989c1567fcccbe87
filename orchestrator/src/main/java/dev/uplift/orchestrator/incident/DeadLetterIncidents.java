package dev.uplift.orchestrator.incident;

import dev.uplift.messaging.DeadLetter;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.orchestrator.sql.Sql;
import jakarta.inject.Singleton;

/** Makes an incident of every dead letter. */
@Singleton
public final class DeadLetterIncidents implements DeadLetterSink {
    private final Sql sql;

    DeadLetterIncidents(Sql sql) {
        this.sql = sql;
    }

    @Override
    public void accept(DeadLetter letter) {
        sql.join(handle -> IncidentStore.record(handle, letter.source(), letter.reason()));
    }
}
