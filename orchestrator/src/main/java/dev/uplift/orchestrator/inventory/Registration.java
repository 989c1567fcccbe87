/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationRemoved;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Topics;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.OutboundMessage;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.rest.ProblemException;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How an installation becomes known. Its site's swap-service is asked twice: how it is run, which changes nothing on the
 * host; and, once the answer was accepted, to take it, which puts the fence beside the application into its hands. The
 * answers, or the lack of one, decide. A refused registration has left nothing behind, and can be asked for again.
 */
@Singleton
public final class Registration {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final int OVERDUE_BATCH = 200;
    private static final int FORGOTTEN_BATCH = 500;

    private final Database database;
    private final InstallationStore installations;
    private final FenceTakings fences;
    private final IncidentRepository incidents;
    private final Outbox outbox;
    private final SiteTopics topics;
    private final Hosts hosts;
    private final Duration silenceMax;
    private final Clock clock;

    Registration(
            Database database,
            InstallationStore installations,
            FenceTakings fences,
            IncidentRepository incidents,
            Outbox outbox,
            SiteTopics topics,
            Hosts hosts,
            RegistrationSettings settings,
            Clock clock) {
        this.database = database;
        this.installations = installations;
        this.fences = fences;
        this.incidents = incidents;
        this.outbox = outbox;
        this.topics = topics;
        this.hosts = hosts;
        this.clock = clock;
        this.silenceMax = settings.deadline();
        if (silenceMax.compareTo(Duration.ofSeconds(1)) < 0 || silenceMax.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "uplift.registration.deadline is " + silenceMax + ", 1 s to 1 h is possible");
        }
    }

    /**
     * Begins a registration.
     *
     * @return its row, in state REGISTERING
     * @throws ProblemException 400 if the request is not sound, 404 if the host or the site is unknown, 409 if the name is
     *     taken
     */
    public InstallationStatus register(RegisterInstallation request) {
        String name = name(request);
        HostEntry host = hosts.named(request.host()).orElse(null);
        String site = Hosts.site(host, request.site());
        Instant now = clock.instant();
        Installation row = Installation.registering(UUID.randomUUID(), name, site, request.profile(), now);
        Inspection.Requested question;
        try {
            question = new Inspection.Requested(
                    row.id(),
                    name,
                    request.profile(),
                    site,
                    request.pid(),
                    request.directory(),
                    host == null ? null : host.host(),
                    request.unit(),
                    request.container(),
                    request.extractH2(),
                    null,
                    null,
                    request.assumeDatabase());
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(String.valueOf(e.getMessage()));
        }
        topics.requireWorkers(site);
        try {
            return database.inTransaction(() -> {
                if (!installations.named(List.of(name)).isEmpty()) {
                    throw taken(name);
                }
                installations.refused(name).forEach(earlier -> forget(earlier, now));
                installations.insert(row);
                installations.expect(question, null, silenceMax);
                if (request.takeFence() != null) {
                    fences.ask(row, request.takeFence());
                }
                outbox.append(List.of(Outgoing.status(row.status()), Outgoing.inspect(question, now)));
                return row.status();
            });
        } catch (PersistenceException e) {
            if (SqlStates.uniqueViolation(e)) {
                throw taken(name);
            }
            throw e;
        }
    }

    /**
     * Begins to add a node. The installation keeps its state if its host refuses it.
     *
     * @return the installation, in state REGISTERING
     * @throws ProblemException 400 if the request is not sound, 404 if the installation or host is unknown, 409 while
     *     something works on the installation
     */
    public InstallationStatus join(String nameOrId, AddNode request) {
        HostEntry host = hosts.named(request.host()).orElse(null);
        Instant now = clock.instant();
        return database.inTransaction(() -> {
            Installation row = idle(nameOrId);
            if (host != null && !row.site().equals(host.site())) {
                throw ProblemException.invalid("host " + host.host().name() + " is at site " + host.site() + ", "
                        + row.name() + " at " + row.site());
            }
            Installation joining = row.joining(now);
            installations.update(List.of(joining));
            Inspection.Requested question = question(row, request, host);
            installations.expect(question, null, silenceMax);
            outbox.append(List.of(Outgoing.status(joining.status()), Outgoing.inspect(question, now)));
            return joining.status();
        });
    }

    private static Inspection.Requested question(Installation row, AddNode request, @Nullable HostEntry host) {
        try {
            return new Inspection.Requested(
                    row.id(),
                    row.name(),
                    row.profile(),
                    row.site(),
                    request.pid(),
                    request.directory(),
                    host == null ? null : host.host(),
                    request.unit(),
                    request.container(),
                    null,
                    new Inspection.Joining(row.requireSpec(), row.requireRunning()),
                    null,
                    request.assumeDatabase());
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Forgets a node. The application itself is not touched.
     *
     * @throws ProblemException 400 if it is the first or there is none of the name, 404 if the installation is unknown, 409
     *     while something works on the installation
     */
    public InstallationStatus leave(String nameOrId, String node) {
        return database.inTransaction(() -> {
            Installation row = idle(nameOrId);
            try {
                Installation left = row.without(row.requireSpec().withoutNode(node), clock.instant());
                save(List.of(left));
                return left.status();
            } catch (IllegalArgumentException e) {
                throw ProblemException.invalid(String.valueOf(e.getMessage()));
            }
        });
    }

    /** A known installation that nothing works on, held until the transaction ends. */
    private Installation idle(String nameOrId) {
        Installation row = withoutSaga(nameOrId);
        if (!row.known() || row.state() != InstallationStatus.State.READY) {
            throw ProblemException.conflict("installation.busy", row.name() + " is " + row.state() + ", not READY");
        }
        return row;
    }

    /** An installation that no saga works on or is parked on, held until the transaction ends. */
    private Installation withoutSaga(String nameOrId) {
        UUID id = installations
                .find(nameOrId)
                .orElseThrow(() -> unknown(nameOrId))
                .id();
        Installation row =
                Optional.ofNullable(installations.lock(List.of(id)).get(id)).orElseThrow(() -> unknown(nameOrId));
        if (row.liveSaga() != null) {
            throw ProblemException.conflict(
                    "installation.busy", "upgrade " + row.liveSaga() + " works on " + row.name());
        }
        return row;
    }

    /** Lets the topics of all known sites exist; to be called when the process starts. */
    public void prepareSites() {
        topics.require(Topics.DEFAULT_SITE);
        database.inTransaction(installations::sites).forEach(topics::require);
    }

    /** Refuses those whose site gives no sign of life, or no answer in time; and the wishes to take fences likewise. */
    public void expire() {
        database.useTransaction(() -> {
            Instant now = clock.instant();
            fences.expire();
            save(installations.overdue(silenceMax, OVERDUE_BATCH).stream()
                    .map(overdue -> overdue.row().refused(why(overdue), now))
                    .toList());
        });
    }

    private String why(InstallationStore.Overdue overdue) {
        String site = overdue.row().site();
        return overdue.lives()
                ? "the swap-service at site " + site + " has had it for "
                        + InstallationStore.answerMax(silenceMax).toSeconds()
                        + " s without an answer: it is busy, or the host hangs; ask for the registration again later"
                : "no swap-service gives a sign of life at site " + site
                        + ": look after it, and ask for the registration again";
    }

    /**
     * Forgets an installation. The application itself is not touched.
     *
     * @throws ProblemException 404 if it is unknown, 409 while a saga works on it or is parked on it
     */
    public void remove(String nameOrId) {
        database.useTransaction(() -> forget(withoutSaga(nameOrId), clock.instant()));
    }

    private void forget(Installation row, Instant now) {
        InstallationRemoved removed = new InstallationRemoved(row.id(), row.name(), now);
        installations.remove(removed);
        fences.close(List.of(row.id()), "the registration was forgotten");
        outbox.append(List.of(Outgoing.removed(removed)));
        outbox.appendTombstones(Topics.STATUS_INSTALLATIONS, List.of(row.id()));
    }

    /** The problem of a request about an installation that nobody knows. */
    public static ProblemException unknown(String nameOrId) {
        return ProblemException.unknown("installation.unknown", "no installation has the name or id", nameOrId);
    }

    /** Forgets registrations that were refused before {@code oldest}. */
    public void forgetRefused(Instant oldest) {
        Instant now = clock.instant();
        database.inPortions(FORGOTTEN_BATCH, max -> {
            List<Installation> refused = installations.refused(oldest, max);
            refused.forEach(row -> forget(row, now));
            return refused.size();
        });
    }

    /**
     * Writes rows, which the transaction of this thread holds locked, and tells of them. What was refused is told, and is then no
     * installation on the status topic any more.
     */
    void save(List<Installation> changed) {
        if (changed.isEmpty()) {
            return;
        }
        installations.update(changed);
        List<OutboundMessage> messages =
                changed.stream().map(row -> Outgoing.status(row.status())).toList();
        outbox.append(messages);
        List<Installation> refused = changed.stream()
                .filter(row -> row.state() == InstallationStatus.State.REFUSED)
                .toList();
        refused.forEach(row -> incidents.record("registration of " + row.name(), String.valueOf(row.problem())));
        List<UUID> refusedIds = refused.stream().map(Installation::id).toList();
        fences.close(refusedIds, "the registration was refused");
        outbox.appendTombstones(Topics.STATUS_INSTALLATIONS, refusedIds);
    }

    private static String name(RegisterInstallation request) {
        String name = request.name();
        if (name == null && request.unit() != null) {
            name = request.unit().replaceFirst("\\.service$", "");
        } else if (name == null && request.container() != null) {
            name = request.container();
        } else if (name == null) {
            name = lastName(request.directory());
        }
        if (!NAME.matcher(name).matches()) {
            throw ProblemException.invalid(
                    "a name is 1 to 63 characters of A-Z, a-z, 0-9, '.', '_' and '-', and begins with a letter or"
                            + " digit");
        }
        return name;
    }

    private static String lastName(@Nullable String directory) {
        try {
            Path last = directory == null ? null : Path.of(directory).getFileName();
            if (last != null) {
                return last.toString();
            }
        } catch (InvalidPathException e) {
            throw ProblemException.invalid("directory is no path");
        }
        throw ProblemException.invalid("name is missing; without a directory none can be derived");
    }

    private static ProblemException taken(String name) {
        return ProblemException.conflict("installation.exists", "an installation " + name + " is registered already");
    }
}
