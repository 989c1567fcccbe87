/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.orchestrator.database.DatabaseIds;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Decides, within one transaction, of what a host has answered to a registration: nothing that belongs to another
 * installation is taken, neither its database nor the fence beside it.
 *
 * @param owners the installations that databases belong to by their addresses; what is accepted is added
 * @param databases the same by what the databases say of themselves
 * @param hosts those that the answers name, as they are known
 */
record Acceptance(
        InstallationStore installations,
        FenceTakings fences,
        Map<String, Installation> owners,
        DatabaseIds databases,
        Map<String, HostEntry> hosts) {

    /** What was decided. */
    sealed interface Verdict {
        /** It is asked to be taken. */
        record Accepted(Inspection.Requested question) implements Verdict {}

        /** It was taken. */
        record Taken() implements Verdict {}

        /** It is a copy of an answer that was decided of. */
        record Late() implements Verdict {}

        /** It stays as it is. */
        record Refused(String why) implements Verdict {}
    }

    /** @param question what the host was asked last; absent: by an earlier release, which took at once */
    Verdict of(Installation row, Inspection.Found found, Inspection.@Nullable Requested question) {
        boolean asked = question != null && question.accepted() == null;
        if (!asked && question != null && !Boolean.TRUE.equals(found.taken())) {
            return new Verdict.Late();
        }
        Optional<String> problem = otherThanAsked(row, found).or(() -> ownerByAddress(row, found));
        if (problem.isPresent()) {
            return new Verdict.Refused(problem.get());
        }
        if (!asked) {
            return notShownApart(found, question)
                    .or(() -> databases.owner(row.id(), row.name(), found))
                    .<Verdict>map(Verdict.Refused::new)
                    .orElseGet(Verdict.Taken::new);
        }
        UUID fenceOf = found.fenceOf();
        Optional<String> fenced = fenceOf == null ? Optional.empty() : fence(row, fenceOf);
        return fenced.isPresent()
                ? new Verdict.Refused(fenced.get())
                : onOwnDatabase(row, found, Objects.requireNonNull(question));
    }

    /** The worker was asked to show it, so that an answer that does not say it is none. */
    private static Optional<String> notShownApart(Inspection.Found found, Inspection.@Nullable Requested question) {
        DatabaseSeen seen = found.database();
        return question == null || question.accepted() == null
                ? Optional.empty()
                : question.accepted().others().stream()
                        .filter(other -> seen == null || !seen.apart().contains(other.id()))
                        .map(other -> "its database was not shown to be another than that of installation "
                                + other.name() + "; ask again")
                        .findFirst();
    }

    private Optional<String> otherThanAsked(Installation row, Inspection.Found found) {
        InstallationSpec seen = found.installation();
        if (!seen.id().equals(row.id())
                || !seen.site().equals(row.site())
                || !seen.name().equals(row.name())) {
            return Optional.of("the answer is about another installation, site or name");
        }
        for (HostSpec host : seen.hosts()) {
            HostEntry known = hosts.get(host.name());
            if (known == null || !known.host().equals(host) || !row.site().equals(known.site())) {
                return Optional.of(
                        "host " + host.name() + " was changed or removed meanwhile; ask for the registration again");
            }
        }
        if (row.known()) {
            InstallationSpec known = row.requireSpec();
            List<NodeSpec> nodes = seen.nodes();
            if (!nodes.subList(0, nodes.size() - 1).equals(known.nodes())
                    || !seen.database().equals(known.database())) {
                return Optional.of("the answer is about other nodes, or another database");
            }
        }
        return Optional.empty();
    }

    private Optional<String> ownerByAddress(Installation row, Inspection.Found found) {
        if (row.known()) {
            return Optional.empty();
        }
        Installation owner = owners.putIfAbsent(found.installation().databaseIdentity(), row);
        return owner == null || owner.id().equals(row.id())
                ? Optional.empty()
                : Optional.of("its database belongs to installation " + owner.name() + " already");
    }

    /** Why the fence may not be taken from this installation; empty: it is no more, or never was. */
    private Optional<String> fence(Installation row, UUID owner) {
        List<Installation> known = installations.named(List.of(owner.toString()));
        if (!known.isEmpty() && known.getFirst().liveSaga() != null) {
            return Optional.of("it belongs to installation " + known.getFirst().name() + ", of which upgrade "
                    + known.getFirst().liveSaga() + " is under way");
        }
        if (fences.open(row).isPresent()) {
            return Optional.empty();
        }
        if (!known.isEmpty()) {
            return Optional.of("it belongs to installation " + known.getFirst().name()
                    + ", whose fence is beside it; forget that one first (uplift remove), or add this as a node to it");
        }
        return installations.isGone(owner)
                ? Optional.empty()
                : Optional.of("it belongs to installation " + owner
                        + ", which is not known here: another Uplift may be at work on it. If that is gone, say so:"
                        + " uplift add ... --take-fence REASON");
    }

    /** Of those whose databases say that they are the same, a lock has to tell whether they are. */
    private Verdict onOwnDatabase(Installation row, Inspection.Found found, Inspection.Requested question) {
        DatabaseSeen seen = found.database();
        List<DatabaseIds.Owner> owners = seen == null ? List.of() : databases.others(row.id(), seen);
        List<UUID> same = owners.stream().map(DatabaseIds.Owner::installation).toList();
        List<Installation> others = same.isEmpty()
                ? List.of()
                : installations.named(same.stream().map(UUID::toString).toList());
        Optional<DatabaseIds.Owner> unaskable = others.stream()
                .filter(other -> !other.known() || !other.site().equals(row.site()))
                .flatMap(other ->
                        owners.stream().filter(owner -> owner.installation().equals(other.id())))
                .findFirst();
        if (unaskable.isPresent()) {
            return new Verdict.Refused(DatabaseIds.belongsTo(
                    unaskable.get(), found.installation().database(), Objects.requireNonNull(seen)));
        }
        if (seen != null && !row.known()) {
            databases.claim(row.id(), row.name(), seen.apartFrom(same));
        }
        return new Verdict.Accepted(question.with(new Inspection.Accepted(
                found.installation(),
                found.fenceOf(),
                others.stream().map(Installation::requireSpec).toList())));
    }
}
