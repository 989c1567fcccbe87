/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Topics;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.publish.Outgoing;
import dev.uplift.orchestrator.rest.ProblemException;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The inventory of hosts: a change of one is told to all installations on it. */
@Singleton
final class Hosts {
    private static final int USERS_NAMED_MAX = 5;

    private final Database database;
    private final HostRepository table;
    private final InstallationStore installations;
    private final Outbox outbox;
    private final Clock clock;

    Hosts(Database database, HostRepository table, InstallationStore installations, Outbox outbox, Clock clock) {
        this.database = database;
        this.table = table;
        this.installations = installations;
        this.outbox = outbox;
        this.clock = clock;
    }

    /**
     * Adds a host.
     *
     * @throws ProblemException 409 if one of this name is there
     */
    void add(HostEntry entry) {
        if (!database.inTransaction(() -> table.insert(entry))) {
            throw ProblemException.conflict(
                    "host.exists", "a host " + entry.host().name() + " is registered already; PUT replaces it");
        }
    }

    /**
     * Replaces how a host is reached.
     *
     * @throws ProblemException 404 if it is unknown, 409 if it would leave the site of installations on it
     */
    void replace(HostEntry entry) {
        database.useTransaction(() -> {
            String name = entry.host().name();
            HostEntry before = table.lock(name).orElseThrow(() -> unknown(name));
            if (!String.valueOf(entry.site()).equals(before.site())) {
                requireUnused(name);
            }
            table.update(entry);
            tellInstallations(entry.host());
        });
    }

    /**
     * Forgets a host; the host itself is not touched.
     *
     * @throws ProblemException 404 if it is unknown, 409 while an installation is on it
     */
    void remove(String name) {
        database.useTransaction(() -> {
            if (table.lock(name).isEmpty()) {
                throw unknown(name);
            }
            requireUnused(name);
            boolean _ = table.deleteById(name);
        });
    }

    /**
     * The host of this name as it is now; empty if none is named, or the workers' own.
     *
     * @throws ProblemException 404 if it is unknown
     */
    Optional<HostEntry> named(@Nullable String name) {
        if (name == null || name.equals(NodeSpec.LOCAL)) {
            return Optional.empty();
        }
        HostEntry entry =
                database.inTransaction(() -> table.find(List.of(name))).get(name);
        if (entry == null) {
            throw ProblemException.unknown("host.unknown", "register the host first: no host has the name", name);
        }
        return Optional.of(entry);
    }

    /**
     * The site of a host; of the workers' own the one that is asked for.
     *
     * @param host absent: the workers' own
     * @param asked absent: that of the host, or {@code default}
     * @throws ProblemException 400 if the host is at another site, or what is asked for cannot be a site
     */
    static String site(@Nullable HostEntry host, @Nullable String asked) {
        if (host == null) {
            try {
                return asked == null ? Topics.DEFAULT_SITE : Topics.requireSite(asked);
            } catch (IllegalArgumentException e) {
                throw ProblemException.invalid(String.valueOf(e.getMessage()));
            }
        }
        if (asked != null && !asked.equals(host.site())) {
            throw ProblemException.invalid("host " + host.host().name() + " is at site " + host.site());
        }
        return String.valueOf(host.site());
    }

    /** The problem of a request about a host that nobody knows. */
    static ProblemException unknown(String name) {
        return ProblemException.unknown("host.unknown", "no host has the name", name);
    }

    private void requireUnused(String name) {
        List<String> users = installations.on(name, USERS_NAMED_MAX);
        if (!users.isEmpty()) {
            throw ProblemException.conflict(
                    "host.in-use", String.join(", ", users) + " run on host " + name + "; remove them first");
        }
    }

    private void tellInstallations(HostSpec host) {
        Instant now = clock.instant();
        List<Installation> changed = installations.lockOn(host.name()).stream()
                .map(installation -> installation.reachedBy(host, now))
                .toList();
        installations.update(changed);
        outbox.append(changed.stream()
                .map(installation -> Outgoing.status(installation.status()))
                .toList());
    }
}
