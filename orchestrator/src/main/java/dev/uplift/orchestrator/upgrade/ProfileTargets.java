/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Release;
import dev.uplift.contract.WayBack;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.PathDecision;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Asks the application's profile. What no profile can judge is refused. */
final class ProfileTargets implements TargetCheck {
    private final Function<String, Optional<Profile>> profiles;

    /** @param profiles finds a profile by its name */
    ProfileTargets(Function<String, Optional<Profile>> profiles) {
        this.profiles = profiles;
    }

    @Override
    public Verdict check(
            String profile, Release running, String version, @Nullable String edition, @Nullable WayBack wayBack) {
        return profiles.apply(profile)
                .map(known -> check(known, running, version, edition, wayBack))
                .orElseGet(() -> new Verdict.Refused("the orchestrator has no profile " + profile));
    }

    private static Verdict check(
            Profile profile, Release running, String version, @Nullable String edition, @Nullable WayBack wayBack) {
        return switch (profile.version(version)) {
            case VersionReading.Unreadable unreadable -> new Verdict.Refused(unreadable.reason());
            case VersionReading.Known target ->
                switch (profile.version(running.version())) {
                    case VersionReading.Unreadable unreadable ->
                        new Verdict.Refused("the running version cannot be compared: " + unreadable.reason());
                    case VersionReading.Known now -> {
                        Verdict verdict = check(profile, running, now.version(), target.version(), edition);
                        yield verdict instanceof Verdict.Allowed
                                ? wayBackProblem(profile, now.version(), target.version(), wayBack)
                                        .<Verdict>map(Verdict.Refused::new)
                                        .orElse(verdict)
                                : verdict;
                    }
                };
        };
    }

    private static Optional<String> wayBackProblem(
            Profile profile, ApplicationVersion now, ApplicationVersion target, @Nullable WayBack wayBack) {
        if (wayBack != WayBack.MIGRATE_DOWN) {
            return Optional.empty();
        }
        if (profile.migrateDown().isEmpty()) {
            return Optional.of("the profile " + profile.name()
                    + " knows no command that migrates data down: only the backup is a way back");
        }
        return now.major() == target.major() - 1
                ? Optional.empty()
                : Optional.of(target + " migrates data down to major " + (target.major() - 1) + ", and " + now
                        + " is of major " + now.major() + ": only the backup is a way back");
    }

    private static Verdict check(
            Profile profile,
            Release running,
            ApplicationVersion now,
            ApplicationVersion target,
            @Nullable String asked) {
        String named = target.edition();
        if (asked != null && named != null && !asked.equals(named)) {
            return new Verdict.Refused(target + " is edition " + named + ", not " + asked);
        }
        String runs = running.edition() == null ? now.edition() : running.edition();
        if (asked == null && named != null && runs != null && !named.equals(runs)) {
            return new Verdict.Refused(
                    target + " is edition " + named + ", but edition " + runs + " runs; name the edition to change it");
        }
        String edition = asked != null ? asked : named != null ? named : runs;
        return switch (profile.path(now, target, List.of())) {
            case PathDecision.Hops hops ->
                hops.hops().size() == 1
                        ? new Verdict.Allowed(edition)
                        : new Verdict.Refused("upgrade to " + hops.hops().getFirst() + " first, then to " + target);
            case PathDecision.Refused refused ->
                switch (refused.reason()) {
                    case IDENTICAL -> new Verdict.Identical(edition);
                    case LOWER_MAJOR, LOWER_VERSION, MISSING_STOP -> new Verdict.Refused(refused.detail());
                };
        };
    }
}
