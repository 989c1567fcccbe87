package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.FenceTaken;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.Reason;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.incident.IncidentStore;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.sql.Sql;
import dev.uplift.orchestrator.watermark.Watermark;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Fences that operators give to installations: who, why, from whom. All of it is kept. */
@Singleton
public final class FenceTakings {
    private static final String COLUMNS =
            "id, installation_id, installation, wish->>'by' AS wished_by, wish->>'reason' AS reason, asked_at, taken::text,"
                    + " problem";
    private static final String OPEN = "taken IS NULL AND problem IS NULL";
    private static final int LISTED_MAX = 100;
    private static final int ANSWER_HOURS_MAX = 1;

    private final Sql sql;
    private final Outbox outbox;

    FenceTakings(Sql sql, Outbox outbox) {
        this.sql = sql;
        this.outbox = outbox;
    }

    /**
     * Begins to give an installation the fences beside its nodes. They are not taken from one that a saga works on.
     *
     * @throws ProblemException 404 if the installation is unknown, 409 if it is not known yet how it is run
     */
    FenceTakingStatus take(String nameOrId, Reason wish) {
        return sql.inTransaction(handle -> {
            Installation row = InstallationStore.named(handle, List.of(nameOrId)).stream()
                    .findFirst()
                    .orElseThrow(() -> Registration.unknown(nameOrId));
            if (!row.known()) {
                throw ProblemException.conflict(
                        "installation.busy", row.name() + " is " + row.state() + ", it is not known how it is run");
            }
            FenceTakingStatus asked = ask(handle, row, wish, false);
            outbox.append(List.of(Outgoing.takeFence(
                    new FenceTaking.Requested(asked.id(), row.requireSpec(), InstallationStore.workedOn(handle, row)),
                    asked.askedAt())));
            return asked;
        });
    }

    /** The latest ones of an installation, latest first. */
    List<FenceTakingStatus> of(String nameOrId) {
        return sql.inTransaction(handle -> {
            UUID id = InstallationStore.find(handle, nameOrId)
                    .orElseThrow(() -> Registration.unknown(nameOrId))
                    .id();
            return handle.createQuery("SELECT " + COLUMNS + " FROM fence_taking WHERE installation_id = :id"
                            + " ORDER BY asked_at DESC LIMIT " + LISTED_MAX)
                    .bind("id", id)
                    .map((row, context) -> read(row))
                    .list();
        });
    }

    /** Remembers a wish that comes with a registration; {@link #open} gives it back as long as that lasts. */
    static void ask(Handle handle, Installation row, Reason wish) {
        ask(handle, row, wish, true);
    }

    private static FenceTakingStatus ask(Handle handle, Installation row, Reason wish, boolean registration) {
        return handle.createQuery("INSERT INTO fence_taking"
                        + " (id, installation_id, installation, wish, asked_at, registration)"
                        + " VALUES (:id, :installation, :name, :wish::jsonb, now(), :registration) RETURNING "
                        + COLUMNS)
                .bind("id", UUID.randomUUID())
                .bind("installation", row.id())
                .bind("name", row.name())
                .bind("wish", Columns.json(wish))
                .bind("registration", registration)
                .map((added, context) -> read(added))
                .one();
    }

    /** The wish that came with a registration which lasts; a node that joins has none. */
    static Optional<FenceTakingStatus> open(Handle handle, Installation row) {
        if (row.known()) {
            return Optional.empty();
        }
        return handle.createQuery("SELECT " + COLUMNS
                        + " FROM fence_taking WHERE installation_id = :id AND registration AND " + OPEN)
                .bind("id", row.id())
                .map((found, context) -> read(found))
                .findOne();
    }

    /** Ends the wishes that came with registrations which are over. */
    static void close(Handle handle, Collection<UUID> installations, String problem) {
        handle.createUpdate("UPDATE fence_taking SET problem = :problem WHERE installation_id = ANY(:ids)"
                        + " AND registration AND " + OPEN)
                .bind("problem", problem)
                .bindArray("ids", UUID.class, installations)
                .execute();
    }

    /**
     * Tells of the wishes to which no worker has answered for {@value #ANSWER_HOURS_MAX} h, in which it could be heard. The
     * command is still there, so that an answer may come; it counts.
     */
    static void expire(Handle handle) {
        handle.createUpdate("UPDATE fence_taking SET problem = :problem WHERE NOT registration AND " + OPEN + " AND "
                        + Watermark.isPast("asked_at + :answer_millis * interval '1 millisecond'", "answer_millis"))
                .bind("problem", "no swap-service has answered for " + ANSWER_HOURS_MAX + " h; it may still be taken")
                .bind("answer_millis", Duration.ofHours(ANSWER_HOURS_MAX).toMillis())
                .execute();
    }

    /**
     * Takes answers in, in the caller's transaction. The first one to a wish counts; what was taken is kept although nobody
     * waited for it any more.
     */
    public void answered(Handle handle, Collection<FenceTaking> answers) {
        for (FenceTaking answer : answers) {
            handle.createQuery("SELECT " + COLUMNS + " FROM fence_taking WHERE id = :id AND taken IS NULL"
                            + " AND (problem IS NULL OR :late) FOR UPDATE")
                    .bind("id", answer.takingId())
                    .bind("late", answer instanceof FenceTaking.Taken)
                    .map((row, context) -> read(row))
                    .findOne()
                    .ifPresent(asked -> {
                        switch (answer) {
                            case FenceTaking.Taken taken -> taken(handle, outbox, asked, taken.from());
                            case FenceTaking.Refused refused ->
                                handle.createUpdate("UPDATE fence_taking SET problem = :problem WHERE id = :id")
                                        .bind("id", asked.id())
                                        .bind("problem", refused.code().wireName() + ": " + refused.detail())
                                        .execute();
                            case FenceTaking.Requested _ -> {}
                        }
                    });
        }
    }

    /** Fulfils a wish: it is kept, told, and shown among the incidents. */
    static void taken(Handle handle, Outbox outbox, FenceTakingStatus asked, List<UUID> from) {
        FenceTaken taken = new FenceTaken(
                asked.installationId(), asked.installation(), from, asked.by(), asked.reason(), Instant.now());
        handle.createUpdate("UPDATE fence_taking SET taken = :taken::jsonb, problem = NULL WHERE id = :id")
                .bind("id", asked.id())
                .bind("taken", Columns.json(taken))
                .execute();
        IncidentStore.record(
                handle,
                "fence of " + asked.installation(),
                (from.isEmpty() ? "it had them already, asked for by " : "taken from " + from + " by ") + asked.by()
                        + ": " + asked.reason());
        outbox.append(List.of(Outgoing.fenceTaken(taken)));
    }

    private static FenceTakingStatus read(ResultSet row) throws SQLException {
        return new FenceTakingStatus(
                Columns.uuid(row, "id"),
                Columns.uuid(row, "installation_id"),
                row.getString("installation"),
                row.getString("wished_by"),
                row.getString("reason"),
                Columns.instant(row, "asked_at"),
                Columns.jsonOrNull(row, "taken", FenceTaken.class),
                row.getString("problem"));
    }
}
