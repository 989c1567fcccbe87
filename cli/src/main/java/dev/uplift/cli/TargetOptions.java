/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.WayBack;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What to upgrade, and to what: shared by {@code plan} and {@code upgrade}, so that one shows what the other does. */
final class TargetOptions {
    private static final String DIGEST = "@sha256:";

    @Parameters(
            arity = "1..*",
            paramLabel = "INSTALLATION",
            description = "Names or ids; '*' alone means all of --profile, or all.")
    private List<String> installations = List.of();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "VERSION",
            description = "The version to upgrade to, such as v0.50.1.")
    private String version = "";

    @Option(names = "--profile", paramLabel = "NAME", description = "Only installations of this application.")
    private @Nullable String profile;

    @Option(names = "--edition", paramLabel = "NAME", description = "Default: the edition that runs.")
    private @Nullable String edition;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where to fetch the JAR. Default: the profile's location.")
    private @Nullable URI url;

    @Option(names = "--sha256", paramLabel = "HEX", description = "The SHA-256 of the JAR, pinned by you.")
    private @Nullable String sha256;

    @Option(
            names = "--image",
            paramLabel = "REPOSITORY@sha256:HEX",
            description = "An image of the version, pinned by you; may be repeated. Who pins anything pins all that an "
                    + "installation runs.")
    private List<String> images = List.of();

    @Option(
            names = "--progress-deadline",
            paramLabel = "DURATION",
            description = "How long a start may go without any sign of progress, such as 10m (the default).")
    private @Nullable Duration progressDeadline;

    @Option(
            names = "--healthy-deadline",
            paramLabel = "DURATION",
            description = "How long a start may take at most. Default: 6h.")
    private @Nullable Duration healthyDeadline;

    @Option(
            names = "--min-healthy-time",
            paramLabel = "DURATION",
            description = "How long the new version must stay healthy before the upgrade is committed. Default: 10s.")
    private @Nullable Duration minHealthyTime;

    @Option(
            names = "--stop-grace",
            paramLabel = "DURATION",
            description = "How long a stop may take before it is escalated, once. Default: 45s.")
    private @Nullable Duration stopGrace;

    @Option(
            names = "--node-failure",
            paramLabel = "POLICY",
            description = "If one node of several does not start: roll-back takes all nodes back (the default), "
                    + "finish-without stops that node and finishes without it.")
    private @Nullable NodeFailure nodeFailure;

    @Option(
            names = "--way-back",
            paramLabel = "WAY",
            description =
                    "How the data are brought back if the upgrade fails after the new version has served: restore (the"
                            + " default) restores the backup; migrate-down keeps what the new version has taken in, if its own"
                            + " command can bring the data back and the old version serves on them, and restores otherwise.")
    private @Nullable WayBack wayBack;

    UpgradeRequested request() {
        StepLimits defaults = StepLimits.DEFAULT;
        try {
            return new UpgradeRequested(
                    UUID.randomUUID(),
                    profile,
                    installations,
                    version,
                    edition,
                    url,
                    sha256,
                    pinnedImages(),
                    new StepLimits(
                            Optional.ofNullable(progressDeadline).orElse(defaults.progressDeadline()),
                            Optional.ofNullable(healthyDeadline).orElse(defaults.healthyDeadline()),
                            Optional.ofNullable(minHealthyTime).orElse(defaults.minHealthyTime()),
                            Optional.ofNullable(stopGrace).orElse(defaults.stopGrace()),
                            nodeFailure,
                            wayBack));
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private Map<String, String> pinnedImages() {
        Map<String, String> pinned = new LinkedHashMap<>();
        for (String image : images) {
            int digest = image.indexOf(DIGEST);
            if (digest < 1) {
                throw new CommandFailedException(
                        ExitCode.USAGE, "--image takes REPOSITORY@sha256:HEX, not '" + image + "'");
            }
            if (pinned.put(image.substring(0, digest), image.substring(digest + DIGEST.length())) != null) {
                throw new CommandFailedException(ExitCode.USAGE, "--image names a repository twice: " + image);
            }
        }
        return pinned;
    }
}
