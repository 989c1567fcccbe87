/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Release;
import dev.uplift.contract.WayBack;
import org.jspecify.annotations.Nullable;

/** Whether an application's rules allow to go from one release to another in one hop. */
@FunctionalInterface
public interface TargetCheck {
    /**
     * Decides.
     *
     * @param profile name of the application's profile
     * @param running what runs, as far as is known
     * @param edition the edition that was asked for; absent: the one that runs
     * @param wayBack it has to be one that the application knows between the two; absent: the backup
     */
    Verdict check(String profile, Release running, String version, @Nullable String edition, @Nullable WayBack wayBack);

    /** What the rules say. */
    sealed interface Verdict {
        /** It can be begun; {@code edition}: of the target, absent where the application has none. */
        record Allowed(@Nullable String edition) implements Verdict {}

        /** It runs already. A dry run may still look. */
        record Identical(@Nullable String edition) implements Verdict {}

        /** It is refused; {@code reason}: one line for a person. */
        record Refused(String reason) implements Verdict {}
    }
}
