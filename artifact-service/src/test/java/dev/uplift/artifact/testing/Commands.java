/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Commands for a Metabase v0.50.1. */
public final class Commands {
    public static final String FROM = "v0.50.1";

    private Commands() {}

    public static StepCommand fetch(String version, URI url, @Nullable String sha256) {
        return command(StepName.FETCH, FROM, new Release(version, null, sha256, url));
    }

    public static StepCommand locate(String version, URI url, @Nullable String sha256) {
        return command(StepName.LOCATE, FROM, new Release(version, null, sha256, url));
    }

    public static StepCommand command(StepName step, String from, Release to) {
        return command(
                step,
                from,
                to,
                new NodeSpec.JarProcess(
                        "one", NodeSpec.LOCAL, "/srv/sales", "metabase.jar", URI.create("http://127.0.0.1:3000")));
    }

    /** About a container whose releases are in that repository. */
    public static StepCommand image(StepName step, Release to, String repository) {
        return command(
                step,
                FROM,
                to,
                new NodeSpec.Docker("one", NodeSpec.LOCAL, "sales", repository, URI.create("http://127.0.0.1:3000")));
    }

    /** About a process and a container whose releases are in that repository. */
    public static StepCommand cluster(StepName step, Release to, String repository) {
        return command(
                step,
                FROM,
                to,
                new NodeSpec.JarProcess(
                        "one", NodeSpec.LOCAL, "/srv/sales", "metabase.jar", URI.create("http://127.0.0.1:3000")),
                new NodeSpec.Docker("two", NodeSpec.LOCAL, "sales", repository, URI.create("http://127.0.0.1:3001")));
    }

    /** What an upgrade to {@code version} was completed with, as the orchestrator tells. */
    public static Artifact known(String version, String sha256, boolean pinned) {
        return new Artifact(sha256, 1, version, "oss", URI.create("http://127.0.0.1:8481/artifacts/" + sha256), pinned);
    }

    /** The same for an image of that repository. */
    public static Artifact knownImage(String version, String repository, String sha256, boolean pinned) {
        return new Artifact(
                sha256, 1, version, "oss", URI.create("docker://" + repository + "@sha256:" + sha256), pinned);
    }

    private static StepCommand command(StepName step, String from, Release to, NodeSpec... nodes) {
        return new StepCommand(
                UUID.randomUUID(),
                0,
                step,
                Direction.DO,
                1,
                1,
                false,
                step == StepName.LOCATE,
                new InstallationSpec(
                        UUID.randomUUID(),
                        "sales",
                        "metabase",
                        "default",
                        List.of(nodes),
                        new DatabaseSpec.H2("local", "/srv/sales/metabase.db.mv.db", null, null)),
                new Release(from, "oss", "a".repeat(64), null),
                to,
                List.of(),
                null,
                null,
                null,
                StepLimits.DEFAULT);
    }
}
