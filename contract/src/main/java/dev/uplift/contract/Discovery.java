/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finding out what runs on a host that could be registered. Nothing is changed by it. */
public sealed interface Discovery {
    /** The wire type of {@link Requested}. It is a command to the swap-service, but not a step. */
    String REQUESTED_TYPE = "swap.discover";

    /** The most candidates of each kind, and notes, that an answer holds. */
    int CANDIDATES_MAX = 200;

    UUID discoveryId();

    /**
     * Look at all processes, units and containers of a host.
     *
     * @param discoveryId also the message's key
     * @param host absent: the workers' own
     */
    record Requested(
            UUID discoveryId, String site, @Nullable HostSpec host) implements Discovery {
        public Requested {
            Checks.present(discoveryId, "discoveryId");
            Topics.requireSite(Checks.text(site, "site"));
        }
    }

    /**
     * What a profile recognises of all that runs.
     *
     * @param usable what can be registered
     * @param unusable what cannot, as it is
     * @param notes what was not looked at, or was looked at and not recognised, one line each
     */
    record Found(UUID discoveryId, List<Usable> usable, List<Unusable> unusable, List<String> notes)
            implements Discovery {
        public Found {
            Checks.present(discoveryId, "discoveryId");
            usable = bounded(usable, "usable");
            unusable = bounded(unusable, "unusable");
            notes = bounded(notes, "notes");
            notes.forEach(note -> Checks.text(note, "notes"));
        }
    }

    /** The host could not be looked at. */
    record Refused(UUID discoveryId, ErrorCode code, String detail) implements Discovery {
        public Refused {
            Checks.present(discoveryId, "discoveryId");
            Checks.present(code, "code");
            Checks.text(detail, "detail");
        }
    }

    /** Something that runs and that a profile recognises. */
    sealed interface Candidate {}

    /**
     * It can be registered.
     *
     * @param node as an inspection would describe it
     * @param pid of a process whose directory does not tell which one it is; absent: the node does
     * @param database its address, for people
     * @param databaseIdentity {@link InstallationSpec#databaseIdentity} as the first does that was found on the database:
     *     nodes of the same one are one installation
     */
    record Usable(
            NodeSpec node,
            @Nullable Long pid,
            String profile,
            Release running,
            String database,
            String databaseIdentity)
            implements Candidate {
        public Usable {
            Checks.present(node, "node");
            Checks.text(profile, "profile");
            Checks.present(running, "running");
            Checks.text(database, "database");
            Checks.text(databaseIdentity, "databaseIdentity");
        }
    }

    /**
     * It cannot be registered as it is.
     *
     * @param place the unit, the container, or the working directory; absent: that cannot be seen
     * @param pid of a process; absent: the place tells which one it is
     * @param profile absent: several recognise it, or it could not be looked into
     * @param reason one line, with what to do
     */
    record Unusable(
            NodeKind kind,
            @Nullable String place,
            @Nullable Long pid,
            @Nullable String profile,
            String reason) implements Candidate {
        public Unusable {
            Checks.present(kind, "kind");
            Checks.optionalText(place, "place");
            Checks.optionalText(profile, "profile");
            Checks.text(reason, "reason");
        }
    }

    private static <T> List<T> bounded(@Nullable List<? extends @Nullable T> values, String field) {
        List<T> all = Checks.list(values, field);
        if (all.size() > CANDIDATES_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + all.size() + " elements, at most " + CANDIDATES_MAX + " are taken");
        }
        return all;
    }
}
