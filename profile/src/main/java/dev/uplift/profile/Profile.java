/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What Uplift knows of one application. Immutable; its methods are pure.
 *
 * @param name unique among profiles: lower-case letters, digits and hyphens
 * @param title the application's name for people
 * @param versionEndpoint what the running application answers for its version; absent: it does not say
 * @param identityProbe absent: the application has none
 * @param unchanged settings that must have the same value before and after an upgrade, by name
 * @param snapshots directories that are kept with the JAR, by name
 * @param commands arguments of the JAR's own commands, by name
 * @param imageTakesOneArgument whether an image's entry point takes a command as one argument of several words
 */
public record Profile(
        String name,
        String title,
        Recognition recognition,
        ArtifactRules artifact,
        VersionRules versions,
        PathRules path,
        JavaRules java,
        HealthRules health,
        Optional<Endpoint> versionEndpoint,
        Optional<IdentityProbe> identityProbe,
        DatabaseRules database,
        StopRules stop,
        Map<String, Setting> unchanged,
        Map<String, Setting> snapshots,
        Map<String, List<String>> commands,
        boolean imageTakesOneArgument,
        LogMarkers log) {

    public Profile {
        unchanged = Map.copyOf(unchanged);
        snapshots = Map.copyOf(snapshots);
        commands = Map.copyOf(commands);
    }

    /** Whether a JAR is this application's, by its file name and what it holds. */
    public boolean recognises(String jarName, JarEntries entries) throws IOException {
        return recognition.accepts(jarName, entries);
    }

    /** Reads a version as an operator or the application writes it. */
    public VersionReading version(String text) {
        return versions.read(text);
    }

    /** The version that a running application answers at the {@link #versionEndpoint}. */
    public VersionReading readVersion(String body) {
        return versionEndpoint
                .map(endpoint -> Body.textAt(body, endpoint.pointer())
                        .map(versions::read)
                        .orElseGet(
                                () -> new VersionReading.Unreadable("the answer has nothing at " + endpoint.pointer())))
                .orElseGet(() -> new VersionReading.Unreadable("the profile " + name + " has no version endpoint"));
    }

    /** What a running application answers at the {@link #identityProbe}. */
    public IdentityReading readIdentity(String body) {
        return identityProbe
                .map(probe -> probe.read(body))
                .orElseGet(() -> new IdentityReading.Unreadable("the profile " + name + " has no identity probe"));
    }

    /** The version and edition that a JAR says it is, without running it. */
    public VersionReading jarIdentity(JarEntries entries) throws IOException {
        return artifact.read(entries, versions);
    }

    /** The hops from what runs to a target; see {@link PathRules#path}. */
    public PathDecision path(
            ApplicationVersion from, ApplicationVersion to, Collection<ApplicationVersion> availableReleases) {
        return path.path(from, to, availableReleases);
    }

    /** The Java that a version runs on. */
    public JavaRequirement javaRequirement(ApplicationVersion version) {
        return java.requirement(version);
    }

    /** The arguments of the JAR's command that takes away a migration lock; empty: it has none. */
    public Optional<List<String>> releaseLocks() {
        return Optional.ofNullable(commands.get("release-locks"));
    }

    /** The arguments of the JAR's command that migrates the data down to the major before its own; empty: it has none. */
    public Optional<List<String>> migrateDown() {
        return Optional.ofNullable(commands.get("migrate-down"));
    }

    /** The words of a command as an image's entry point takes them. */
    public List<String> imageArguments(List<String> words) {
        return imageTakesOneArgument ? List.of(String.join(" ", words)) : words;
    }

    /** Where a version of an edition is published; empty if the profile knows no place for that edition. */
    public Optional<URI> location(@Nullable String edition, String version) {
        return artifact.location(edition, version);
    }

    /** Where a version is published; empty if the profile knows no place for its edition. */
    public Optional<URI> location(ApplicationVersion version) {
        return artifact.location(version.edition(), version.text());
    }

    /** Directories, absolute, that are kept with the JAR. They need not exist. Throws {@link SettingException}. */
    public List<Path> snapshotDirectories(LaunchView view) {
        return new TreeMap<>(snapshots)
                .values().stream()
                        .flatMap(setting -> setting.value(view).stream())
                        .map(directory ->
                                view.workingDirectory().resolve(directory).normalize())
                        .toList();
    }

    /**
     * Fingerprints, by name, of the settings that must not change within an upgrade; {@value
     * Fingerprint#ABSENT} for one that is not set. Two views agree if the maps are equal. Takes some
     * hundred milliseconds: a fingerprint is made slow to guess from. Throws {@link SettingException}.
     */
    public SortedMap<String, String> unchangedFingerprints(LaunchView view) {
        SortedMap<String, String> fingerprints = new TreeMap<>();
        unchanged.forEach((key, setting) -> fingerprints.put(
                key,
                setting.value(view)
                        .map(value -> Fingerprint.of(name + "/" + key, value))
                        .orElse(Fingerprint.ABSENT)));
        return fingerprints;
    }
}
