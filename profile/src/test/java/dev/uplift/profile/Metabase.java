/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.Optional;

/** The built-in profile {@code metabase}. */
final class Metabase {
    static final Profile PROFILE = builtIn();

    private Metabase() {}

    static ApplicationVersion version(String text) {
        return PROFILE.version(text).orThrow();
    }

    private static Profile builtIn() {
        try {
            return Profiles.load(Optional.empty()).byName("metabase").orElseThrow();
        } catch (ProfileException e) {
            throw new AssertionError(e);
        }
    }
}
