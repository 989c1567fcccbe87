/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.orchestrator.backup.BackupRepository;
import dev.uplift.orchestrator.database.DatabaseIds;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.saga.Command;
import dev.uplift.orchestrator.saga.Deadline;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.Transition;
import dev.uplift.orchestrator.saga.UpgradeSaga;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction does to any number of sagas: their events are applied in memory, in order. {@link SagaWriter} writes
 * what comes of it. Not thread-safe; for one transaction.
 */
final class SagaBatch {
    private final AnswerChecks checks;
    private final SagaLimits limits;
    private final Instant now;
    private final Map<UUID, SagaRow> rows;
    private final Set<UUID> inserted = new LinkedHashSet<>();
    private final Map<UUID, @Nullable Deadline> deadlines = new LinkedHashMap<>();
    private final List<StepCommand> commands = new ArrayList<>();
    private final List<UpgradeTransitioned> transitions = new ArrayList<>();
    private final List<BackupRepository.Taken> backups = new ArrayList<>();
    private final InstallationChanges installations = new InstallationChanges();

    /**
     * @param locked the sagas that the events may be about, held locked by the transaction
     * @param databases those that the events name
     */
    SagaBatch(Map<UUID, SagaRow> locked, DatabaseIds databases, SagaLimits limits, Instant now) {
        this.rows = new HashMap<>(locked);
        this.checks = new AnswerChecks(databases);
        this.limits = limits;
        this.now = now;
    }

    /** Adds a new saga, whose installation the transaction holds locked, and begins it. */
    void begin(SagaRow planned, long epoch) {
        rows.put(planned.id(), planned);
        inserted.add(planned.id());
        apply(SagaInput.of(planned.id(), new SagaEvent.Begin(epoch)));
    }

    SagaInput.Outcome apply(SagaInput input) {
        SagaRow row = rows.get(input.sagaId());
        if (row == null) {
            return new SagaInput.Outcome.Unknown();
        }
        Optional<SagaInput.Answer> answer = Optional.ofNullable(input.answer());
        Optional<String> forgery = answer.flatMap(given -> AnswerChecks.forgery(row, given));
        if (forgery.isPresent()) {
            return new SagaInput.Outcome.Forged(forgery.get());
        }
        return switch (UpgradeSaga.next(row.state(), input.event(), limits)) {
            case Transition.Ignored ignored -> new SagaInput.Outcome.Ignored(ignored.reason());
            case Transition.Moved moved -> {
                Optional<SagaInput> instead = answer.flatMap(given -> checks.onDatabaseOfAnother(row, given)
                        .map(result -> SagaInput.of(result, given.service(), given.sentAt())));
                if (instead.isPresent()) {
                    yield apply(instead.get());
                }
                move(row, input, moved);
                yield new SagaInput.Outcome.Counted();
            }
        };
    }

    /** Sends the command that a saga was kept waiting with. */
    void beginOutage(SagaRow row) {
        if (row.outage() != Outage.WAITING || !(row.state() instanceof SagaState.Doing doing)) {
            throw new IllegalStateException("saga " + row.id() + " waits for no outage");
        }
        Transition.Moved moved = UpgradeSaga.sent(doing, limits);
        Command command = Objects.requireNonNull(moved.command());
        SagaRow next = row.sent(command, now);
        put(row, next, moved.deadline());
        commands.add(next.message(command));
    }

    private void move(SagaRow row, SagaInput input, Transition.Moved moved) {
        SagaInput.Answer answer = input.answer();
        StepResult result = answer == null ? null : answer.result();
        SagaRow next = row.moved(moved, result, answer == null ? now : answer.sentAt(), now);
        boolean waits = next.outage() == Outage.WAITING;
        put(row, next, waits ? null : moved.deadline());
        if (moved.command() != null && !waits) {
            commands.add(next.message(moved.command()));
        }
        if (result instanceof StepResult.Succeeded succeeded) {
            learn(next, succeeded.output());
        }
        if (!(input.event() instanceof SagaEvent.Progressed)) {
            transitions.add(Transitions.of(row, next, input.event(), now));
        }
    }

    private void put(SagaRow row, SagaRow next, @Nullable Deadline deadline) {
        rows.put(next.id(), next);
        deadlines.put(next.id(), deadline);
        installations.moved(row, next);
    }

    private void learn(SagaRow row, StepOutput output) {
        switch (output) {
            case StepOutput.NodesChecked checked -> installations.observed(row.installationId(), checked.running());
            case StepOutput.BackedUp backedUp ->
                backups.add(new BackupRepository.Taken(
                        row.installationId(), row.installation(), row.id(), backedUp.backup(), backedUp.kept()));
            case StepOutput.Nothing _,
                    StepOutput.DatabaseChecked _,
                    StepOutput.ArtifactsLocated _,
                    StepOutput.ArtifactsFetched _,
                    StepOutput.NodesStopped _,
                    StepOutput.Restored _,
                    StepOutput.MigratedDown _,
                    StepOutput.Serving _,
                    StepOutput.NodesLeftOut _ -> {}
        }
    }

    /** Whether nothing has counted. */
    boolean isEmpty() {
        return deadlines.isEmpty();
    }

    /** The sagas that have moved, as they are now. */
    Stream<SagaRow> moved() {
        return List.copyOf(deadlines.keySet()).stream().map(id -> Objects.requireNonNull(rows.get(id)));
    }

    Set<UUID> ids() {
        return deadlines.keySet();
    }

    /** The sagas that were begun, with their deadlines. */
    List<SagaStore.Saved> added() {
        return saved(inserted::contains);
    }

    /** The others that have moved, with their deadlines. */
    List<SagaStore.Saved> changed() {
        return saved(id -> !inserted.contains(id));
    }

    private List<SagaStore.Saved> saved(Predicate<UUID> which) {
        return moved().filter(row -> which.test(row.id()))
                .map(row -> new SagaStore.Saved(row, deadlines.get(row.id())))
                .toList();
    }

    /** What is to be sent, as the sagas know it. */
    List<StepCommand> commands() {
        return commands;
    }

    List<UpgradeTransitioned> transitions() {
        return transitions;
    }

    List<BackupRepository.Taken> backups() {
        return backups;
    }

    /** The installations that may change. */
    Set<UUID> touchedInstallations() {
        return installations.ids();
    }

    /** Those of {@code locked}, which are the touched ones, that change. */
    List<Installation> changed(Map<UUID, Installation> locked) {
        return installations.applied(locked, now);
    }

    Instant now() {
        return now;
    }
}
