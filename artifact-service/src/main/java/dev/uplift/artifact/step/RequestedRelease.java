/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.PathDecision;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.VersionReading;
import dev.uplift.worker.StepFailure;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a command asks for, in the terms of its application's profile.
 *
 * @param from what runs
 * @param version what shall run
 * @param edition absent where the application has none
 * @param jar what the nodes run that have a directory; empty: there is none
 * @param images what the containers run, one for each repository
 */
record RequestedRelease(
        Profile profile,
        ApplicationVersion from,
        ApplicationVersion version,
        @Nullable String edition,
        Optional<Jar> jar,
        List<Image> images) {

    /**
     * A JAR.
     *
     * @param url where it is fetched from
     * @param named whether the request names the URL; if not, it is the profile's
     * @param pinned the hash that the operator gave; absent: none
     * @param known what upgrades to the version were completed with; absent: none was
     */
    record Jar(
            URI url,
            boolean named,
            @Nullable String pinned,
            @Nullable Artifact known) {
        /** The hash that it must have. */
        Optional<String> expected() {
            return Optional.ofNullable(pinned)
                    .or(() -> Optional.ofNullable(known).map(Artifact::sha256));
        }

        /** The same, if what has it may be taken without asking the URL: a URL that somebody names is asked what it has. */
        Optional<String> expectedAnywhere() {
            return pinned == null && named ? Optional.empty() : expected();
        }
    }

    /**
     * An image.
     *
     * @param repository without tag and digest
     * @param pinned the digest that the operator gave, its hexadecimal digits only; absent: none
     * @param known what upgrades to the version were completed with; absent: none was
     */
    record Image(
            ImageReference repository,
            @Nullable String pinned,
            @Nullable Artifact known) {
        URI url() {
            return URI.create("docker://" + repository.repository());
        }
    }

    /**
     * Understands a command.
     *
     * @throws StepFailure INVALID if the profile or a version is unknown, ARTIFACT_UNAVAILABLE if
     *     nobody says where the artifact is
     */
    static RequestedRelease of(StepCommand command, Profiles profiles) {
        Profile profile = profiles.byName(command.installation().profile())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.INVALID,
                        "no profile is named " + command.installation().profile()));
        ApplicationVersion from = version(profile, command.from().version());
        ApplicationVersion version = version(profile, command.to().version());
        String edition = first(command.to().edition(), command.from().edition(), version.edition());
        Release to = command.to();
        Map<String, Image> images = new LinkedHashMap<>();
        Jar jar = null;
        for (NodeSpec node : command.installation().nodes()) {
            switch (node) {
                case NodeSpec.InDirectory _ ->
                    jar = new Jar(
                            url(profile, edition, version, to),
                            to.url() != null,
                            to.sha256(),
                            command.known(node).orElse(null));
                case NodeSpec.Docker container ->
                    images.put(
                            container.image(),
                            new Image(
                                    repository(container),
                                    to.sha256(node).orElse(null),
                                    command.known(node).orElse(null)));
            }
        }
        if (jar == null && to.url() != null) {
            throw StepFailure.refused(
                    ErrorCode.INVALID,
                    "releases of containers come from their repositories " + images.keySet() + ", not from a URL");
        }
        return new RequestedRelease(
                profile, from, version, edition, Optional.ofNullable(jar), List.copyOf(images.values()));
    }

    private static URI url(Profile profile, @Nullable String edition, ApplicationVersion version, Release to) {
        return Optional.ofNullable(to.url())
                .or(() -> profile.location(edition, version.text()))
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "the profile " + profile.name() + " knows no place for " + version + named(edition)
                                + "; give a URL"));
    }

    private static ImageReference repository(NodeSpec.Docker node) {
        try {
            return ImageReference.parse(node.image());
        } catch (InvalidImageReferenceException e) {
            throw StepFailure.refused(ErrorCode.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /**
     * A pin takes the place of what nobody pinned. Two pins that differ are a person's to judge.
     *
     * @throws StepFailure ARTIFACT_WRONG if an upgrade was completed with another pinned content
     */
    void requirePin(@Nullable String pinned, @Nullable Artifact known) {
        if (pinned != null && known != null && known.pinned() && !known.sha256().equals(pinned)) {
            throw wrong(pinned + " is pinned, but upgrades to " + version + " were completed with " + known.sha256()
                    + ", which was pinned then: a released version must not change. If that was the wrong one: uplift"
                    + " releases forget " + known.sha256());
        }
    }

    /** What came is not what upgrades to this version were completed with. */
    StepFailure changed(String where, String found, Artifact known) {
        return wrong(where + " gives " + found + ", but upgrades to " + version + " were completed with "
                + known.sha256() + (known.pinned() ? ", which was pinned" : ", which nobody pinned")
                + ": a released version must not change. Pin the one that you trust, or, if that was the wrong one:"
                + " uplift releases forget " + known.sha256());
    }

    /** Whether it is pinned, by this request or by one that was completed with the same content. */
    static boolean isPinned(String sha256, @Nullable String pinned, @Nullable Artifact known) {
        return pinned != null
                || (known != null && known.pinned() && known.sha256().equals(sha256));
    }

    /**
     * Refuses what must not be installed over what runs, whatever the artifact is.
     *
     * @throws StepFailure ARTIFACT_DOWNGRADE, or ARTIFACT_WRONG if the version is of another edition
     */
    void requireUpgrade() {
        if (version.edition() != null && !version.edition().equals(edition)) {
            throw wrong(version + " is of the edition " + version.edition() + ", wanted is " + edition);
        }
        switch (profile.path(from, version, List.of())) {
            case PathDecision.Refused(PathDecision.Reason reason, String detail) -> {
                switch (reason) {
                    case LOWER_MAJOR, LOWER_VERSION -> throw StepFailure.refused(ErrorCode.ARTIFACT_DOWNGRADE, detail);
                    case IDENTICAL, MISSING_STOP -> {}
                }
            }
            case PathDecision.Hops _ -> {}
        }
    }

    /**
     * Compares what a JAR says it is with what was asked for.
     *
     * @return the JAR's own version
     * @throws StepFailure ARTIFACT_WRONG if it is another version or edition, or does not say
     */
    ApplicationVersion requireSame(VersionReading inJar) {
        return switch (inJar) {
            case VersionReading.Unreadable(String reason) -> throw wrong("the artifact's version: " + reason);
            case VersionReading.Known(ApplicationVersion found) -> {
                if (found.edition() != null && !Objects.equals(found.edition(), edition)) {
                    throw wrong("the artifact is " + found + named(found.edition()) + ", wanted is " + version
                            + named(edition));
                }
                if (!found.sameRelease(version)) {
                    throw wrong("the artifact is " + found + ", wanted is " + version);
                }
                yield found;
            }
        };
    }

    private static StepFailure wrong(String detail) {
        return StepFailure.refused(ErrorCode.ARTIFACT_WRONG, detail);
    }

    private static String named(@Nullable String edition) {
        return edition == null ? "" : " of the edition " + edition;
    }

    private static ApplicationVersion version(Profile profile, String text) {
        return switch (profile.version(text)) {
            case VersionReading.Known(ApplicationVersion version) -> version;
            case VersionReading.Unreadable(String reason) -> throw StepFailure.refused(ErrorCode.INVALID, reason);
        };
    }

    private static @Nullable String first(@Nullable String asked, @Nullable String running, @Nullable String implied) {
        return asked != null ? asked : running != null ? running : implied;
    }
}
