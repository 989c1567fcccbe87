/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.IdentityReading;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether what answers is healthy, the right version, and works on the right data. */
final class ServingCheck {
    private final StepWork work;
    private final Node node;
    private final ApplicationVersion expected;
    private final @Nullable Boolean used;

    /** {@code used}: whether the application worked on a database that was set up before; absent: not known. */
    ServingCheck(StepWork work, Node node, ApplicationVersion expected, @Nullable Boolean used) {
        this.work = work;
        this.node = node;
        this.expected = expected;
        this.used = used;
    }

    /**
     * Why it does not serve yet; empty: it does.
     *
     * @throws StepFailure if it serves, but is something else than expected: waiting would not help
     */
    Optional<String> problem(NodeProbe.Health health) throws IOException, InterruptedException {
        return switch (health) {
            case NodeProbe.Health.Failing(String reason) -> Optional.of(reason);
            case NodeProbe.Health.Starting(var progress) ->
                Optional.of(progress.isPresent() ? "starting, progress " + progress.getAsDouble() : "starting");
            case NodeProbe.Health.Healthy() -> versionProblem();
        };
    }

    private Optional<String> versionProblem() throws IOException, InterruptedException {
        return switch (reading()) {
            case VersionReading.Unreadable(String reason) -> Optional.of("its version cannot be read: " + reason);
            case VersionReading.Known(ApplicationVersion found) -> {
                if (!found.equals(expected)) {
                    throw StepFailure.refused(
                            ErrorCode.IDENTITY, "it answers that it is " + found + ", expected is " + expected);
                }
                yield identityProblem();
            }
        };
    }

    private VersionReading reading() throws IOException, InterruptedException {
        Profile profile = work.profile();
        if (profile.versionEndpoint().isPresent()) {
            return work.version(node);
        }
        return node.inPlace().version(profile);
    }

    private Optional<String> identityProblem() throws IOException, InterruptedException {
        if (used == null || !used || work.profile().identityProbe().isEmpty()) {
            return Optional.empty();
        }
        return switch (work.identity(node)) {
            case IdentityReading.Used() -> Optional.empty();
            case IdentityReading.Unreadable(String reason) ->
                Optional.of("whether it works on its data cannot be read: " + reason);
            case IdentityReading.Unused(String value) ->
                throw StepFailure.refused(
                        ErrorCode.IDENTITY,
                        "it started on another or an empty database: it says '" + value + "' where a used one says '"
                                + work.profile().identityProbe().orElseThrow().expected() + "'");
        };
    }
}
