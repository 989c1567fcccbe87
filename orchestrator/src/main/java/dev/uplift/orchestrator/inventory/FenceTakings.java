/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.FenceTaken;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.Reason;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.intake.ResultBatch;
import dev.uplift.orchestrator.intake.ResultHandler;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.watermark.Watermark;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Fences that operators give to installations: who, why, from whom. All of it is kept. */
@Singleton
class FenceTakings implements PanacheRepositoryBase<FenceTakingEntity, UUID>, ResultHandler<FenceTaking> {
    private static final String OPEN = "taken is null and problem is null";
    private static final int LISTED_MAX = 100;
    private static final int ANSWER_HOURS_MAX = 1;

    private final Database database;
    private final InstallationStore installations;
    private final IncidentRepository incidents;
    private final Outbox outbox;
    private final Clock clock;

    FenceTakings(
            Database database,
            InstallationStore installations,
            IncidentRepository incidents,
            Outbox outbox,
            Clock clock) {
        this.database = database;
        this.installations = installations;
        this.incidents = incidents;
        this.outbox = outbox;
        this.clock = clock;
    }

    /**
     * Begins to give an installation the fences beside its nodes. They are not taken from one that a saga works on.
     *
     * @throws ProblemException 404 if the installation is unknown, 409 if it is not known yet how it is run
     */
    FenceTakingStatus take(String nameOrId, Reason wish) {
        return database.inTransaction(() -> {
            Installation row = installations.named(List.of(nameOrId)).stream()
                    .findFirst()
                    .orElseThrow(() -> Registration.unknown(nameOrId));
            if (!row.known()) {
                throw ProblemException.conflict(
                        "installation.busy", row.name() + " is " + row.state() + ", it is not known how it is run");
            }
            FenceTakingStatus asked = ask(row, wish, false);
            outbox.append(List.of(Outgoing.takeFence(
                    new FenceTaking.Requested(asked.id(), row.requireSpec(), installations.workedOn(row)),
                    asked.askedAt())));
            return asked;
        });
    }

    /** The latest ones of an installation, latest first. */
    List<FenceTakingStatus> of(String nameOrId) {
        UUID id = installations
                .find(nameOrId)
                .orElseThrow(() -> Registration.unknown(nameOrId))
                .id();
        return find("installationId", Sort.by("askedAt").descending(), id).page(0, LISTED_MAX).stream()
                .map(FenceTakingEntity::status)
                .toList();
    }

    /** Remembers a wish that comes with a registration; {@link #open} gives it back as long as that lasts. */
    void ask(Installation row, Reason wish) {
        FenceTakingStatus _ = ask(row, wish, true);
    }

    private FenceTakingStatus ask(Installation row, Reason wish, boolean registration) {
        FenceTakingEntity asked = new FenceTakingEntity();
        asked.id = UUID.randomUUID();
        asked.installationId = row.id();
        asked.installation = row.name();
        asked.wish = Columns.json(wish);
        asked.askedAt = database.now();
        asked.registration = registration;
        persistAndFlush(asked);
        return asked.status();
    }

    /** The wish that came with a registration which lasts; a node that joins has none. */
    Optional<FenceTakingStatus> open(Installation row) {
        return row.known()
                ? Optional.empty()
                : find("installationId = ?1 and registration and " + OPEN, row.id())
                        .singleResultOptional()
                        .map(FenceTakingEntity::status);
    }

    /** Ends the wishes that came with registrations which are over. */
    void close(Collection<UUID> registrations, String why) {
        int _ = update("problem = ?1 where installationId in ?2 and registration and " + OPEN, why, registrations);
    }

    /**
     * Tells of the wishes to which no worker has answered for {@value #ANSWER_HOURS_MAX} h, in which it could be heard. The
     * command is still there, so that an answer may come; it counts.
     */
    void expire() {
        // Native: times are those of the database's clock.
        database.session()
                .createNativeMutationQuery("UPDATE fence_taking SET problem = :problem"
                        + " WHERE NOT registration AND taken IS NULL AND problem IS NULL AND "
                        + Watermark.isPast("asked_at + :answer_millis * interval '1 millisecond'", "answer_millis"))
                .setParameter(
                        "problem", "no swap-service has answered for " + ANSWER_HOURS_MAX + " h; it may still be taken")
                .setParameter(
                        "answer_millis", Duration.ofHours(ANSWER_HOURS_MAX).toMillis())
                .executeUpdate();
    }

    @Override
    public Class<FenceTaking> type() {
        return FenceTaking.class;
    }

    @Override
    public boolean isFrom(ServiceName service) {
        return service == ServiceName.SWAP;
    }

    /** The first answer to a wish counts; what was taken is kept although nobody waited for it any more. */
    @Override
    public void handle(ResultBatch<FenceTaking> batch) {
        for (FenceTaking answer : batch.bodies()) {
            String counts = answer instanceof FenceTaking.Taken ? "taken is null" : OPEN;
            find("id = ?1 and " + counts, answer.takingId())
                    .withLock(LockModeType.PESSIMISTIC_WRITE)
                    .singleResultOptional()
                    .ifPresent(asked -> {
                        switch (answer) {
                            case FenceTaking.Taken taken -> taken(asked.status(), taken.from());
                            case FenceTaking.Refused refused -> {
                                int _ = update(
                                        "problem = ?1 where id = ?2",
                                        refused.code().wireName() + ": " + refused.detail(),
                                        asked.id);
                            }
                            case FenceTaking.Requested _ -> {}
                        }
                    });
        }
    }

    /** Fulfils a wish: it is kept, told, and shown among the incidents. */
    void taken(FenceTakingStatus asked, List<UUID> from) {
        FenceTaken taken = new FenceTaken(
                asked.installationId(), asked.installation(), from, asked.by(), asked.reason(), clock.instant());
        int _ = update("taken = ?1, problem = null where id = ?2", Columns.json(taken), asked.id());
        incidents.record(
                "fence of " + asked.installation(),
                (from.isEmpty() ? "it had them already, asked for by " : "taken from " + from + " by ") + asked.by()
                        + ": " + asked.reason());
        outbox.append(List.of(Outgoing.fenceTaken(taken)));
    }
}
