/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.release;

import dev.uplift.profile.ApplicationVersion;
import org.jspecify.annotations.Nullable;

/**
 * A version of one edition of an application, however it is spelt.
 *
 * @param edition empty for an application without editions
 */
public record ReleaseKey(String profile, String edition, String version) {
    /** The key of a version; {@code edition} absent: the one that the version itself names, if it does. */
    public static ReleaseKey of(String profile, @Nullable String edition, ApplicationVersion version) {
        String theirs = edition == null ? version.edition() : edition;
        return new ReleaseKey(profile, theirs == null ? "" : theirs, version.canonical());
    }
}
