/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.address.AddressPolicy.display;

import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.SourceTable;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.Check.Verdict;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.messaging.OneLine;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Step LOCATE: what a fetch would bring, without fetching it, for every kind of artifact that the nodes need. Changes nothing; asks the server with HEAD. */
public final class LocateArtifact implements StepHandler {
    private final Profiles profiles;
    private final HttpSource source;
    private final TransferLimits limits;
    private final ArtifactStore store;
    private final SourceTable sources;
    private final RegistryLogins logins;

    public LocateArtifact(
            Profiles profiles,
            HttpSource source,
            TransferLimits limits,
            ArtifactStore store,
            SourceTable sources,
            RegistryLogins logins) {
        this.profiles = profiles;
        this.source = source;
        this.limits = limits;
        this.store = store;
        this.sources = sources;
        this.logins = logins;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        return FetchArtifact.RUNNER.run(command, run, () -> locate(command, run));
    }

    private StepOutcome locate(StepCommand command, StepRun run) throws IOException, InterruptedException {
        RequestedRelease requested = RequestedRelease.of(command, profiles);
        List<Check> checks = new ArrayList<>();
        checks.add(version(requested));
        List<StepOutput.Located> located = new ArrayList<>();
        if (requested.jar().isPresent()) {
            located.add(jar(requested, requested.jar().get(), run, checks));
        }
        for (RequestedRelease.Image image : requested.images()) {
            checks.add(image(requested, image, run));
            located.add(new StepOutput.Located(display(image.url()), null, false));
        }
        return outcome(command, new StepOutput.ArtifactsLocated(located, checks));
    }

    private StepOutput.Located jar(
            RequestedRelease requested, RequestedRelease.Jar jar, StepRun run, List<Check> checks) throws IOException {
        Optional<Path> stored = jar.expectedAnywhere().flatMap(store::find);
        Asked asked = stored.isPresent()
                ? new Asked(OptionalLong.of(Files.size(stored.get())), jar.expectedAnywhere())
                : ask(jar, run, checks);
        boolean inStore = asked.content().flatMap(store::find).isPresent();
        checks.add(hash(requested, jar, asked.content(), stored.isPresent()));
        if (asked.size().isPresent()) {
            checks.add(room(asked.size().getAsLong(), inStore));
        }
        return new StepOutput.Located(
                display(jar.url()), asked.size().isPresent() ? asked.size().getAsLong() : null, inStore);
    }

    /**
     * What is known of a JAR without fetching it.
     *
     * @param size in bytes; empty: its server does not say
     * @param content the hash of what its URL gives; empty: only a fetch would tell
     */
    private record Asked(OptionalLong size, Optional<String> content) {}

    private static StepOutcome outcome(StepCommand command, StepOutput.ArtifactsLocated located) {
        Optional<Check> failure = located.checks().stream()
                .filter(check -> check.verdict() == Verdict.FAIL)
                .findFirst();
        if (failure.isPresent() && !command.dryRun()) {
            return StepOutcome.refused(
                    ErrorCode.PREFLIGHT_REFUSED, failure.get().detail());
        }
        return StepOutcome.done(located);
    }

    private Check image(RequestedRelease requested, RequestedRelease.Image image, StepRun run)
            throws IOException, InterruptedException {
        try {
            Artifact artifact = new ImageDigests(source, logins).fetch(requested, image, run);
            String digest = image.repository().name() + "@sha256:" + artifact.sha256();
            if (artifact.pinned()) {
                return check("artifact.image", Verdict.OK, digest);
            }
            return image.known() == null
                    ? check("artifact.image", Verdict.WARN, "not pinned: the tag is " + digest + " now")
                    : check("artifact.image", Verdict.OK, digest + ", with which upgrades were completed; not pinned");
        } catch (StepFailure e) {
            return check("artifact.image", Verdict.FAIL, e.detail());
        }
    }

    private static Check version(RequestedRelease requested) {
        try {
            requested.requireUpgrade();
            return check("artifact.version", Verdict.OK, requested.from() + " to " + requested.version());
        } catch (StepFailure e) {
            return check("artifact.version", Verdict.FAIL, e.detail());
        }
    }

    private static Check hash(
            RequestedRelease requested, RequestedRelease.Jar jar, Optional<String> content, boolean unasked) {
        Artifact known = jar.known();
        String from = unasked ? "; it is in the store, so that its URL is not asked" : "";
        try {
            requested.requirePin(jar.pinned(), known);
            if (jar.pinned() != null) {
                return known == null || known.sha256().equals(jar.pinned())
                        ? check("artifact.hash", Verdict.OK, "pinned by the operator: " + jar.pinned() + from)
                        : check(
                                "artifact.hash",
                                Verdict.WARN,
                                "pinned by the operator: " + jar.pinned() + from + "; upgrades were completed with "
                                        + known.sha256() + ", which nobody had pinned");
            }
            if (known == null) {
                return check("artifact.hash", Verdict.WARN, "not pinned: what its URL gives will be taken");
            }
            if (content.isPresent() && !content.get().equals(known.sha256())) {
                throw requested.changed(display(jar.url()), content.get(), known);
            }
            if (content.isEmpty()) {
                return check(
                        "artifact.hash",
                        Verdict.WARN,
                        "upgrades were completed with " + known.sha256()
                                + "; whether its URL gives that, only the fetch tells");
            }
            return check(
                    "artifact.hash",
                    Verdict.OK,
                    "as in upgrades that were completed, " + (known.pinned() ? "pinned: " : "not pinned: ")
                            + known.sha256() + from);
        } catch (StepFailure e) {
            return check("artifact.hash", Verdict.FAIL, e.detail());
        }
    }

    private Asked ask(RequestedRelease.Jar jar, StepRun run, List<Check> checks) {
        try (HttpSource.Reply reply = source.ask("HEAD", jar.url(), Map.of(), run::cancelled)) {
            int status = reply.status();
            String where = display(reply.url());
            switch (status) {
                case 200 -> {
                    checks.add(check("artifact.reachable", Verdict.OK, where + " has it"));
                    return new Asked(reply.length(), new Source(source, sources, jar.url()).gives(reply));
                }
                case 403, 405, 501 ->
                    checks.add(check(
                            "artifact.reachable", Verdict.WARN, where + " answers " + status + " to a HEAD request"));
                default -> checks.add(check("artifact.reachable", Verdict.FAIL, where + " answers " + status));
            }
        } catch (StepFailure e) {
            checks.add(check("artifact.reachable", Verdict.FAIL, e.detail()));
        }
        return new Asked(OptionalLong.empty(), Optional.empty());
    }

    private Check room(long sizeBytes, boolean inStore) throws IOException {
        if (sizeBytes > limits.bytesMax()) {
            return check(
                    "artifact.size",
                    Verdict.FAIL,
                    "it has " + ByteCount.text(sizeBytes) + ", at most " + ByteCount.text(limits.bytesMax())
                            + " are taken (uplift.artifact.max-bytes)");
        }
        long usable = store.usableBytes();
        return inStore || usable > sizeBytes
                ? check("artifact.size", Verdict.OK, ByteCount.text(sizeBytes))
                : check(
                        "artifact.size",
                        Verdict.FAIL,
                        "it has " + ByteCount.text(sizeBytes) + " and the artifact-service's disk has room for "
                                + ByteCount.text(usable));
    }

    private static Check check(String name, Verdict verdict, String detail) {
        return new Check(name, verdict, OneLine.of(detail));
    }
}
