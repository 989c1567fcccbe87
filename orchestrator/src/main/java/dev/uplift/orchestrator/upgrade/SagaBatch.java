package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Check;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.orchestrator.backup.BackupRepository;
import dev.uplift.orchestrator.database.DatabaseIds;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.saga.Command;
import dev.uplift.orchestrator.saga.Deadline;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.StepKey;
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
    private final DatabaseIds databases;
    private final SagaLimits limits;
    private final Instant now;
    private final Map<UUID, SagaRow> before = new HashMap<>();
    private final Map<UUID, SagaRow> rows;
    private final Set<UUID> inserted = new LinkedHashSet<>();
    private final Map<UUID, @Nullable Deadline> deadlines = new LinkedHashMap<>();
    private final List<StepCommand> commands = new ArrayList<>();
    private final List<UpgradeTransitioned> transitions = new ArrayList<>();
    private final List<BackupRepository.Taken> backups = new ArrayList<>();
    private final Map<UUID, Release> observed = new HashMap<>();

    /**
     * @param locked the sagas that the events may be about, held locked by the transaction
     * @param databases those that the events name
     */
    SagaBatch(Map<UUID, SagaRow> locked, DatabaseIds databases, SagaLimits limits, Instant now) {
        this.rows = new HashMap<>(locked);
        this.databases = databases;
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
        SagaInput.Answer answer = input.answer();
        if (answer != null) {
            String doubt = doubt(row, answer);
            if (doubt != null) {
                return new SagaInput.Outcome.Forged(doubt);
            }
        }
        return switch (UpgradeSaga.next(row.state(), input.event(), limits)) {
            case Transition.Ignored ignored -> new SagaInput.Outcome.Ignored(ignored.reason());
            case Transition.Moved moved -> {
                SagaInput shared = onDatabaseOfAnother(row, input);
                if (shared == null) {
                    move(row, input.event(), answer, moved);
                    yield new SagaInput.Outcome.Counted();
                }
                yield apply(shared);
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
        before.putIfAbsent(row.id(), row);
        SagaRow next = row.sent(command, now);
        rows.put(row.id(), next);
        deadlines.put(row.id(), moved.deadline());
        commands.add(next.message(command));
    }

    /**
     * What an answer of PREFLIGHT comes to where the database says that it is another installation's: a refusal, and in a
     * dry run a check that has failed. Absent: it does not say so.
     */
    private @Nullable SagaInput onDatabaseOfAnother(SagaRow row, SagaInput input) {
        SagaInput.Answer answer = input.answer();
        if (answer == null
                || !(answer.result() instanceof StepResult.Succeeded succeeded)
                || !(succeeded.output() instanceof StepOutput.NodesChecked checked)
                || checked.database() == null) {
            return null;
        }
        Optional<DatabaseIds.Owner> owner =
                databases.claim(row.installationId(), row.installation(), checked.database());
        if (owner.isEmpty()) {
            return null;
        }
        String problem =
                DatabaseIds.belongsTo(owner.get(), row.order().installation().database(), checked.database());
        StepResult told;
        if (row.kind() == UpgradeStatus.Kind.PLAN) {
            List<Check> checks = new ArrayList<>(checked.checks());
            checks.add(new Check("database.identity", Check.Verdict.FAIL, problem));
            told = succeeded.withOutput(new StepOutput.NodesChecked(checked.running(), checks, checked.composed()));
        } else {
            told = succeeded.refused(ErrorCode.PREFLIGHT_REFUSED, problem);
        }
        return SagaInput.of(told, answer.service(), answer.sentAt());
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

    Instant now() {
        return now;
    }

    private void move(SagaRow row, SagaEvent event, SagaInput.@Nullable Answer answer, Transition.Moved moved) {
        before.putIfAbsent(row.id(), row);
        StepResult result = answer == null ? null : answer.result();
        SagaRow next = row.moved(moved, result, answer == null ? now : answer.sentAt(), now);
        rows.put(row.id(), next);
        boolean waits = next.outage() == Outage.WAITING;
        deadlines.put(row.id(), waits ? null : moved.deadline());
        if (moved.command() != null && !waits) {
            commands.add(next.message(moved.command()));
        }
        if (result instanceof StepResult.Succeeded succeeded) {
            learn(next, succeeded.output());
        }
        if (!(event instanceof SagaEvent.Progressed)) {
            transitions.add(transition(row, next, event));
        }
    }

    private void learn(SagaRow row, StepOutput output) {
        switch (output) {
            case StepOutput.NodesChecked checked -> observed.put(row.installationId(), checked.running());
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

    /** The installations that have something to tell or to be told: what was seen to run, who works on them. */
    Set<UUID> touchedInstallations() {
        Set<UUID> touched = new LinkedHashSet<>(observed.keySet());
        telling().forEach(row -> touched.add(row.installationId()));
        return touched;
    }

    /** Those of {@code locked}, which are the touched ones, that change. */
    List<Installation> changed(Map<UUID, Installation> locked) {
        Map<UUID, Installation> changed = new LinkedHashMap<>();
        observed.forEach((id, running) -> {
            Installation installation = locked.get(id);
            if (installation != null && !running.equals(installation.running())) {
                changed.put(id, installation.runs(running, now));
            }
        });
        for (SagaRow row : telling()) {
            Installation installation = changed.getOrDefault(row.installationId(), locked.get(row.installationId()));
            if (installation != null) {
                changed.put(installation.id(), told(installation, row));
            }
        }
        return List.copyOf(changed.values());
    }

    private List<SagaRow> telling() {
        return moved().filter(row -> row.kind() != UpgradeStatus.Kind.PLAN && concernsInstallation(row))
                .toList();
    }

    private boolean concernsInstallation(SagaRow row) {
        SagaRow was = Objects.requireNonNull(before.get(row.id()));
        return inserted.contains(row.id())
                || was.state().course().epoch() != row.state().course().epoch()
                || was.live() != row.live()
                || isParked(was) != isParked(row);
    }

    private Installation told(Installation installation, SagaRow row) {
        long epoch = row.state().course().epoch();
        if (row.live()) {
            return installation.workedOn(row.id(), epoch, isParked(row), now);
        }
        boolean completed = row.state().status() == UpgradeStatus.State.COMPLETED;
        Release runs = completed ? row.committed() : row.context().from();
        List<LeftOut> without = completed ? row.status().leftOut() : installation.leftOut();
        Installation released = installation.released(epoch, without, now);
        return runs.equals(released.running()) ? released : released.runs(runs, now);
    }

    private static boolean isParked(SagaRow row) {
        return row.state().status() == UpgradeStatus.State.PARKED;
    }

    private static @Nullable String doubt(SagaRow row, SagaInput.Answer answer) {
        StepResult result = answer.result();
        if (!result.installationId().equals(row.installationId())) {
            return "the result names another installation than its upgrade";
        }
        if (result.stepIndex() >= row.plan().steps().size()) {
            return "the result is about a step that its upgrade does not have";
        }
        StepName step = row.plan().step(result.stepIndex());
        if (step.service() != answer.service()) {
            return "step " + step + " is not taken by the " + answer.service().wireName() + " service, so "
                    + Topics.results(answer.service()) + " cannot have its result";
        }
        return null;
    }

    private UpgradeTransitioned transition(SagaRow row, SagaRow next, SagaEvent event) {
        StepName step = row.state().step().or(() -> next.state().step()).orElse(null);
        return new UpgradeTransitioned(
                row.id(),
                row.installationId(),
                row.installation(),
                next.rev(),
                name(event),
                next.state().status(),
                step,
                detail(event),
                now);
    }

    private static String name(SagaEvent event) {
        return switch (event) {
            case SagaEvent.Begin _ -> "begun";
            case SagaEvent.Succeeded succeeded -> doneOrUndone(succeeded.key(), "succeeded", "undone");
            case SagaEvent.Failed failed -> doneOrUndone(failed.key(), "failed", "undo-failed");
            case SagaEvent.Progressed _ -> "progressed";
            case SagaEvent.TimedOut due ->
                switch (due.timer().kind()) {
                    case SILENCE -> "timed-out";
                    case BACK_OFF -> "tried-again";
                };
            case SagaEvent.CancelRequested _ -> "cancel-requested";
            case SagaEvent.RetryRequested _ -> "retry-requested";
        };
    }

    private static String doneOrUndone(StepKey key, String done, String undone) {
        return key.direction() == Direction.DO ? done : undone;
    }

    private static @Nullable String detail(SagaEvent event) {
        return switch (event) {
            case SagaEvent.Failed failed -> failed.code().wireName() + ": " + failed.detail();
            case SagaEvent.CancelRequested cancel -> cancel.detail();
            case SagaEvent.TimedOut due ->
                switch (due.timer().kind()) {
                    case SILENCE -> "no sign of life from the worker";
                    case BACK_OFF -> null;
                };
            case SagaEvent.Begin _, SagaEvent.Succeeded _, SagaEvent.Progressed _, SagaEvent.RetryRequested _ -> null;
        };
    }
}
