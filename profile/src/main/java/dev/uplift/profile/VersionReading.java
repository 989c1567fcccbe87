/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

/** What came of reading a version from a text, an answer or a JAR. */
public sealed interface VersionReading {

    /** It is this one. */
    record Known(ApplicationVersion version) implements VersionReading {}

    /** It could not be told; {@code reason} is one printable line. */
    record Unreadable(String reason) implements VersionReading {}

    /** The version, for callers that have no other way to go on. Throws {@link IllegalArgumentException} with the reason. */
    default ApplicationVersion orThrow() {
        return switch (this) {
            case Known(ApplicationVersion version) -> version;
            case Unreadable(String reason) -> throw new IllegalArgumentException(reason);
        };
    }
}
