/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.OptionalInt;

/** Which Java a version runs on, by feature number: 8, 11, 17, 21 ... */
public record JavaRequirement(int minimum, OptionalInt maximum) {

    public boolean accepts(int javaMajor) {
        return javaMajor >= minimum && (maximum.isEmpty() || javaMajor <= maximum.getAsInt());
    }

    /** The same, from this Java on at least. */
    public JavaRequirement atLeast(int javaMajor) {
        return new JavaRequirement(Math.max(minimum, javaMajor), maximum);
    }

    @Override
    public String toString() {
        return maximum.isPresent() ? "Java " + minimum + " to " + maximum.getAsInt() : "Java " + minimum + " or newer";
    }
}
