/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which versions must be installed on the way, and which ways are closed.
 *
 * @param downgrades what is allowed below the running version
 * @param stepwiseUntil a version of a lower major goes through the newest release of its own major and
 *     of each following one up to this; absent: no such rule
 * @param stopAt majors whose newest release must be installed on a way that passes them
 */
public record PathRules(Downgrades downgrades, OptionalInt stepwiseUntil, SortedSet<Integer> stopAt) {

    /** What is allowed below the running version. */
    public enum Downgrades {
        /** Nothing older. */
        NONE,
        /** Older releases of the same major. */
        WITHIN_MAJOR
    }

    public PathRules {
        stopAt = new TreeSet<>(stopAt);
    }

    /**
     * The hops from one version to another. Only finished releases among {@code available} serve as
     * stops, those of the target's edition before others; the target itself need not be among them.
     */
    public PathDecision path(ApplicationVersion from, ApplicationVersion to, Collection<ApplicationVersion> available) {
        if (from.equals(to)) {
            return refused(PathDecision.Reason.IDENTICAL, to + " is identical to what runs");
        }
        if (to.major() < from.major()) {
            return refused(
                    PathDecision.Reason.LOWER_MAJOR,
                    to + " is of a lower major than " + from + ", which runs: restore a backup instead");
        }
        if (downgrades == Downgrades.NONE && to.compareTo(from) < 0) {
            return refused(
                    PathDecision.Reason.LOWER_VERSION,
                    to + " is older than " + from + ", which runs: restore a backup instead");
        }
        List<ApplicationVersion> hops = new ArrayList<>();
        for (int major : stops(from.major(), to.major())) {
            Optional<ApplicationVersion> newest = newest(major, to, available);
            if (newest.isEmpty() && major != from.major()) {
                return refused(
                        PathDecision.Reason.MISSING_STOP,
                        "the newest release of major " + major + " must be installed on the way from " + from + " to "
                                + to + ", and none of that major is known");
            }
            newest.filter(stop -> stop.compareTo(from) > 0).ifPresent(hops::add);
        }
        hops.add(to);
        return new PathDecision.Hops(hops);
    }

    private SortedSet<Integer> stops(int from, int to) {
        SortedSet<Integer> stops = new TreeSet<>();
        if (stepwiseUntil.isPresent() && from < stepwiseUntil.getAsInt()) {
            for (int major = from; major <= stepwiseUntil.getAsInt() && major < to; major++) {
                stops.add(major);
            }
        }
        for (int major : stopAt) {
            if (major > from && major < to) {
                stops.add(major);
            }
        }
        return stops;
    }

    private static Optional<ApplicationVersion> newest(
            int major, ApplicationVersion to, Collection<ApplicationVersion> available) {
        return available.stream()
                .filter(version -> version.major() == major && version.preRelease() == null)
                .max(Comparator.<ApplicationVersion>naturalOrder()
                        .thenComparing(version -> Objects.equals(version.edition(), to.edition())));
    }

    private static PathDecision refused(PathDecision.Reason reason, String detail) {
        return new PathDecision.Refused(reason, detail);
    }
}
