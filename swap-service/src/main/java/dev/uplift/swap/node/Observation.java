package dev.uplift.swap.node;

import dev.uplift.contract.Release;
import dev.uplift.host.RunningProcess;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.StepFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a node is at one moment.
 *
 * @param process empty: it does not run
 * @param health what it answers
 * @param answered the version that it answers
 * @param inJar the version that its JAR says
 * @param sha256 of the JAR that runs, or of the one in its place if nothing runs
 * @param jarBytes size of the JAR in its place
 */
public record Observation(
        Optional<RunningProcess> process,
        NodeProbe.Health health,
        VersionReading answered,
        VersionReading inJar,
        String sha256,
        long jarBytes) {

    /**
     * Looks at a node.
     *
     * @throws StepFailedException if several processes of it run
     */
    public static Observation of(ProcessNode node, Profile profile, NodeProbe probe)
            throws IOException, InterruptedException, StepFailedException {
        Optional<RunningProcess> process = node.onlyRunning();
        Path jar = process.isPresent()
                ? node.runningJar(process.get())
                : node.layout().jar();
        VersionReading inJar;
        try (JarFileEntries entries = new JarFileEntries(node.host(), jar)) {
            inJar = profile.jarIdentity(entries);
        }
        return new Observation(
                process,
                probe.health(profile, node.answersAt()),
                probe.version(profile, node.answersAt()),
                inJar,
                node.host().files().digest(jar).sha256(),
                node.host().files().usedBytes(node.layout().jar()));
    }

    /** The version that it answers; if it does not answer, the one that its JAR says. */
    public VersionReading version() {
        return answered instanceof VersionReading.Known ? answered : inJar;
    }

    /** The release that this version is. */
    public Release release(ApplicationVersion version) {
        return new Release(version.text(), version.edition(), sha256, null);
    }
}
