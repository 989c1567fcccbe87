/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;
import java.util.OptionalInt;

/** Which Java each major needs. Ranges do not overlap; a major outside all of them runs on any Java. */
public record JavaRules(List<Range> ranges) {
    private static final JavaRequirement ANY = new JavaRequirement(8, OptionalInt.empty());

    /** Majors of the application from {@code first} to {@code last}, both included, and what they need. */
    public record Range(int first, int last, JavaRequirement requirement) {
        boolean contains(int major) {
            return major >= first && major <= last;
        }
    }

    public JavaRules {
        ranges = List.copyOf(ranges);
    }

    public JavaRequirement requirement(ApplicationVersion version) {
        return ranges.stream()
                .filter(range -> range.contains(version.major()))
                .findFirst()
                .map(Range::requirement)
                .orElse(ANY);
    }
}
