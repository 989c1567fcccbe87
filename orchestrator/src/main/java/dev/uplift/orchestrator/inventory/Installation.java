/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Check;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Release;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One row of the inventory. Every change makes a new value with a higher {@code rev}. */
public record Installation(
        UUID id,
        String name,
        InstallationStatus.State state,
        long rev,
        long epoch,
        String site,
        @Nullable String profile,
        @Nullable InstallationSpec spec,
        @Nullable Release running,
        List<Check> checks,
        @Nullable String problem,
        List<LeftOut> leftOut,
        @Nullable UUID liveSaga,
        Instant updatedAt) {

    /** One whose host is about to be asked. */
    static Installation registering(UUID id, String name, String site, @Nullable String profile, Instant at) {
        return new Installation(
                id,
                name,
                InstallationStatus.State.REGISTERING,
                1,
                0,
                site,
                profile,
                null,
                null,
                List.of(),
                null,
                List.of(),
                null,
                at);
    }

    /** Its host has answered: it can be upgraded. */
    Installation found(Inspection.Found found, Instant at) {
        return new Installation(
                id,
                name,
                InstallationStatus.State.READY,
                rev + 1,
                epoch,
                site,
                found.installation().profile(),
                found.installation(),
                found.running(),
                found.checks(),
                null,
                leftOutOf(found.installation()),
                null,
                at);
    }

    /** Its host, or that of a node which is to join it, is about to be asked. */
    Installation joining(Instant at) {
        return with(InstallationStatus.State.REGISTERING, null, at);
    }

    /** It has one node less; only of a {@link #known} one. */
    Installation without(InstallationSpec rest, Instant at) {
        return new Installation(
                id,
                name,
                state,
                rev + 1,
                epoch,
                site,
                profile,
                rest,
                running,
                checks,
                problem,
                leftOutOf(rest),
                liveSaga,
                at);
    }

    private Installation with(InstallationStatus.State changed, @Nullable String why, Instant at) {
        return new Installation(
                id, name, changed, rev + 1, epoch, site, profile, spec, running, checks, why, leftOut, liveSaga, at);
    }

    /** It cannot be registered, or a node cannot join it, which leaves it as it was. */
    Installation refused(String why, Instant at) {
        if (known()) {
            return with(InstallationStatus.State.READY, "no node was added: " + why, at);
        }
        return new Installation(
                id,
                name,
                InstallationStatus.State.REFUSED,
                rev + 1,
                epoch,
                site,
                profile,
                null,
                null,
                List.of(),
                why,
                List.of(),
                null,
                at);
    }

    /** A saga works on it, at this epoch, or has parked on it. The epoch never falls. What was wrong before is history. */
    public Installation workedOn(UUID saga, long sagaEpoch, boolean parked, Instant at) {
        return new Installation(
                id,
                name,
                parked ? InstallationStatus.State.PARKED : InstallationStatus.State.UPGRADING,
                rev + 1,
                Math.max(epoch, sagaEpoch),
                site,
                profile,
                spec,
                running,
                checks,
                null,
                leftOut,
                saga,
                at);
    }

    /**
     * Nothing works on it any more; the epoch stays where the saga left it.
     *
     * @param without the nodes that are down since then, or still are
     */
    public Installation released(long sagaEpoch, List<LeftOut> without, Instant at) {
        return new Installation(
                id,
                name,
                InstallationStatus.State.READY,
                rev + 1,
                Math.max(epoch, sagaEpoch),
                site,
                profile,
                spec,
                running,
                checks,
                problem,
                without,
                null,
                at);
    }

    /** This release was seen to run. */
    public Installation runs(Release seen, Instant at) {
        return new Installation(
                id, name, state, rev + 1, epoch, site, profile, spec, seen, checks, problem, leftOut, liveSaga, at);
    }

    /** One of its hosts is reached otherwise; only of a {@link #known} one. */
    Installation reachedBy(HostSpec host, Instant at) {
        return new Installation(
                id,
                name,
                state,
                rev + 1,
                epoch,
                site,
                profile,
                requireSpec().withHost(host),
                running,
                checks,
                problem,
                leftOut,
                liveSaga,
                at);
    }

    /** Whether a saga can be begun once nothing else works on it. */
    public boolean known() {
        return spec != null && running != null;
    }

    /** What workers need of it; only of a {@link #known} one. */
    public InstallationSpec requireSpec() {
        return Objects.requireNonNull(spec, "the installation was never found");
    }

    /** What runs; only of a {@link #known} one. */
    public Release requireRunning() {
        return Objects.requireNonNull(running, "the installation was never found");
    }

    /** As it is shown. */
    public InstallationStatus status() {
        return new InstallationStatus(
                id, name, state, rev, epoch, spec, running, checks, problem, leftOut, liveSaga, updatedAt);
    }

    private List<LeftOut> leftOutOf(InstallationSpec nodes) {
        return leftOut.stream()
                .filter(left ->
                        nodes.nodes().stream().anyMatch(node -> node.name().equals(left.node())))
                .toList();
    }
}
