package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Check;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Release;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.messaging.OutboundMessage;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.backup.BackupStore;
import dev.uplift.orchestrator.inventory.DatabaseIds;
import dev.uplift.orchestrator.inventory.HostStore;
import dev.uplift.orchestrator.inventory.Installation;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.release.ReleaseKey;
import dev.uplift.orchestrator.release.ReleaseStore;
import dev.uplift.orchestrator.saga.Command;
import dev.uplift.orchestrator.saga.Deadline;
import dev.uplift.orchestrator.saga.SagaEvent;
import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.StepKey;
import dev.uplift.orchestrator.saga.Transition;
import dev.uplift.orchestrator.saga.UpgradeSaga;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.VersionReading;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What one transaction does to any number of sagas: their events are applied in memory, in order, and
 * then everything is written in a few statements, however many sagas there are. Not thread-safe; for one
 * transaction.
 *
 * <p>Locks are taken in this order, so that two transactions never wait for each other: sagas by id (or
 * only free ones), then installations by id. Who begins sagas holds installations and locks no saga.
 */
final class SagaBatch {
    private final DatabaseIds databases;
    private final SagaLimits limits;
    private final Profiles profiles;
    private final OutageLimit outages;
    private final Instant now;
    private final Map<UUID, SagaRow> before = new HashMap<>();
    private final Map<UUID, SagaRow> rows;
    private final Set<UUID> inserted = new LinkedHashSet<>();
    private final Map<UUID, @Nullable Deadline> deadlines = new LinkedHashMap<>();
    private final List<StepCommand> commands = new ArrayList<>();
    private final List<UpgradeTransitioned> transitions = new ArrayList<>();
    private final List<BackupStore.Taken> backups = new ArrayList<>();
    private final Map<UUID, Release> observed = new HashMap<>();

    /**
     * @param locked the sagas that the events may be about, held locked by the transaction
     * @param databases those that the events name
     */
    SagaBatch(
            Map<UUID, SagaRow> locked,
            DatabaseIds databases,
            SagaLimits limits,
            OutageLimit outages,
            Profiles profiles,
            Instant now) {
        this.rows = new HashMap<>(locked);
        this.databases = databases;
        this.limits = limits;
        this.outages = outages;
        this.profiles = profiles;
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
                DatabaseIds.belongsTo(owner.get(), row.context().installation().database(), checked.database());
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

    /** Writes everything, and sends it with the commit. */
    void write(Handle handle, Outbox outbox) {
        if (deadlines.isEmpty()) {
            return;
        }
        beginOutages(handle);
        List<SagaStore.Saved> added = new ArrayList<>();
        List<SagaStore.Saved> changed = new ArrayList<>();
        ReleaseStore.record(handle, completed());
        List<OutboundMessage> messages = new ArrayList<>(withPresentHosts(handle, withKnownReleases(handle)));
        deadlines.forEach((id, deadline) -> {
            SagaRow row = Objects.requireNonNull(rows.get(id));
            (inserted.contains(id) ? added : changed).add(new SagaStore.Saved(row, deadline));
            messages.add(Outgoing.status(row.status()));
        });
        SagaStore.insert(handle, added);
        SagaStore.update(handle, changed);
        SagaStore.log(handle, transitions);
        BackupStore.insert(handle, backups);
        transitions.forEach(transition -> messages.add(Outgoing.transitioned(transition)));
        List<Installation> installations = changedInstallations(handle);
        InstallationStore.update(handle, installations);
        installations.forEach(installation -> messages.add(Outgoing.status(installation.status())));
        outbox.append(messages);
    }

    /** Who has come to STOP goes on at once where nobody waits and there is room; the others wait for the upkeep. */
    private void beginOutages(Handle handle) {
        Map<String, List<SagaRow>> waiting = deadlines.keySet().stream()
                .map(id -> Objects.requireNonNull(rows.get(id)))
                .filter(row -> row.outage() == Outage.WAITING)
                .sorted(Comparator.comparing(SagaRow::startedAt).thenComparing(SagaRow::id))
                .collect(Collectors.groupingBy(SagaRow::site));
        waiting.forEach((site, arrived) -> {
            if (SagaStore.mayBeginOutages(handle, site)
                    && SagaStore.count(handle, site, Outage.WAITING, deadlines.keySet()) == 0) {
                long taken = SagaStore.count(handle, site, Outage.TAKEN, deadlines.keySet())
                        + deadlines.keySet().stream()
                                .map(id -> Objects.requireNonNull(rows.get(id)))
                                .filter(row -> row.outage() == Outage.TAKEN
                                        && row.site().equals(site))
                                .count();
                arrived.stream().limit(Math.max(0, outages.max() - taken)).forEach(this::beginOutage);
            }
        });
    }

    /** Hosts are reached as the inventory says now, not as it said when the saga began: a key may have changed since. */
    private List<OutboundMessage> withPresentHosts(Handle handle, List<StepCommand> sent) {
        Set<String> names = sent.stream()
                .flatMap(command -> command.installation().hosts().stream())
                .map(HostSpec::name)
                .collect(Collectors.toSet());
        Collection<HostEntry> present = HostStore.find(handle, names).values();
        return sent.stream()
                .map(command -> {
                    InstallationSpec installation = command.installation();
                    for (HostEntry entry : present) {
                        installation = installation.withHost(entry.host());
                    }
                    return Outgoing.command(command.withInstallation(installation), now);
                })
                .toList();
    }

    /** What a version is may have been settled by an upgrade that was completed since the saga began. */
    private List<StepCommand> withKnownReleases(Handle handle) {
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
        Map<ReleaseKey, List<Artifact>> known = ReleaseStore.known(handle, Set.copyOf(asking.values()));
        return commands.stream()
                .map(command -> Optional.ofNullable(asking.get(command))
                        .map(known::get)
                        .map(command::withKnown)
                        .orElse(command))
                .toList();
    }

    /** What upgrades that have just been completed were completed with. */
    private List<ReleaseStore.Completed> completed() {
        List<ReleaseStore.Completed> completed = new ArrayList<>();
        for (UUID id : deadlines.keySet()) {
            SagaRow row = Objects.requireNonNull(rows.get(id));
            if (row.kind() == UpgradeStatus.Kind.UPGRADE && row.state().status() == UpgradeStatus.State.COMPLETED) {
                for (Artifact artifact : row.context().artifacts()) {
                    key(row.context().installation().profile(), artifact.version(), artifact.edition())
                            .map(key -> new ReleaseStore.Completed(key, artifact, id, row.installation(), now))
                            .ifPresent(completed::add);
                }
            }
        }
        return completed;
    }

    private Optional<ReleaseKey> key(String profile, String version, @Nullable String edition) {
        return profiles.byName(profile).flatMap(rules -> switch (rules.version(version)) {
            case VersionReading.Known known -> Optional.of(ReleaseKey.of(profile, edition, known.version()));
            case VersionReading.Unreadable _ -> Optional.empty();
        });
    }

    List<UpgradeTransitioned> transitions() {
        return transitions;
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
                backups.add(new BackupStore.Taken(
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

    private List<Installation> changedInstallations(Handle handle) {
        Set<UUID> touched = new LinkedHashSet<>(observed.keySet());
        List<SagaRow> telling = new ArrayList<>();
        for (UUID id : deadlines.keySet()) {
            SagaRow row = Objects.requireNonNull(rows.get(id));
            if (row.kind() != UpgradeStatus.Kind.PLAN && concernsInstallation(row)) {
                telling.add(row);
                touched.add(row.installationId());
            }
        }
        Map<UUID, Installation> locked = InstallationStore.lock(handle, touched);
        Map<UUID, Installation> changed = new LinkedHashMap<>();
        observed.forEach((id, running) -> {
            Installation installation = locked.get(id);
            if (installation != null && !running.equals(installation.running())) {
                changed.put(id, installation.runs(running, now));
            }
        });
        for (SagaRow row : telling) {
            Installation installation = changed.getOrDefault(row.installationId(), locked.get(row.installationId()));
            if (installation != null) {
                changed.put(installation.id(), told(installation, row));
            }
        }
        return List.copyOf(changed.values());
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
        Release runs = completed ? row.context().committed() : row.context().from();
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
