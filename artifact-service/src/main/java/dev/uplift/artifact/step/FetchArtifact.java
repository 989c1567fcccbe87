/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.AddressRefusedException;
import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.Retention;
import dev.uplift.artifact.store.SourceTable;
import dev.uplift.artifact.transfer.Download;
import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.messaging.OneLine;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.ByteProgress;
import dev.uplift.worker.Effects;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import dev.uplift.worker.StepRunner;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step FETCH: every artifact that the nodes need is there, and is what was asked for. Images stay in their registry and are
 * resolved to their digests; this is what is done for a JAR:
 *
 * <ol>
 *   <li>What the command alone makes impossible is refused: a downgrade, another edition, an address that
 *       nothing may come from, a pin against an earlier pin that an upgrade was completed with.
 *   <li>It is found out which content is wanted: the pinned one; if nobody pins, what upgrades to this version were
 *       completed with; otherwise what its URL gives now. A URL that the request names is asked in any case, unless
 *       the content is pinned.
 *   <li>If the store has it, the stored file is hashed again and nothing is fetched; a file that has changed on the disk
 *       is taken out.
 *   <li>It is fetched, hashed on the way, and compared with what is wanted; the version and edition inside are
 *       compared with the command, and the Java that it needs is read from its main class.
 *   <li>It gets its name in the store.
 *   <li>What the store no longer keeps is taken away.
 * </ol>
 *
 * <p>Which content a version has is not decided here: a content that nobody pinned counts once an upgrade was completed
 * with it, which only the orchestrator knows.
 *
 * <p>Idempotent: run again after a death at any point it ends the same.
 */
public final class FetchArtifact implements StepHandler {
    private static final Logger LOG = LoggerFactory.getLogger(FetchArtifact.class);

    /** All files of this service are its own: an exception that names none is about its disk. */
    static final StepRunner RUNNER =
            new StepRunner(new StepFailures(ErrorCode.HOST_STORAGE, "the artifact-service's disk"));

    private final Profiles profiles;
    private final AddressPolicy policy;
    private final HttpSource source;
    private final TransferLimits limits;
    private final ArtifactStore store;
    private final Retention retention;
    private final SourceTable sources;
    private final RegistryLogins logins;
    private final URI publicUrl;
    private final MeterRegistry meters;
    private final FetchLocks locks;

    /** {@code publicUrl}: where hosts reach this service; no slash at its end. */
    public FetchArtifact(
            Profiles profiles,
            AddressPolicy policy,
            HttpSource source,
            TransferLimits limits,
            ArtifactStore store,
            Retention retention,
            SourceTable sources,
            RegistryLogins logins,
            URI publicUrl,
            MeterRegistry meters) {
        this.profiles = profiles;
        this.policy = policy;
        this.source = source;
        this.limits = limits;
        this.store = store;
        this.retention = retention;
        this.sources = sources;
        this.logins = logins;
        this.publicUrl = publicUrl;
        this.meters = meters;
        this.locks = new FetchLocks(store.partialDirectory());
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        StepOutcome outcome =
                RUNNER.run(command, run, () -> StepOutcome.done(new StepOutput.ArtifactsFetched(fetch(command, run))));
        count(
                switch (outcome) {
                    case StepOutcome.Succeeded _ -> "ok";
                    case StepOutcome.Failed failed -> failed.code().wireName();
                });
        return outcome;
    }

    private List<Artifact> fetch(StepCommand command, StepRun run) throws IOException, InterruptedException {
        RequestedRelease requested = RequestedRelease.of(command, profiles);
        requested.requireUpgrade();
        List<Artifact> artifacts = new ArrayList<>();
        for (RequestedRelease.Image image : requested.images()) {
            artifacts.add(new ImageDigests(source, logins).fetch(requested, image, run));
        }
        if (requested.jar().isPresent()) {
            artifacts.addFirst(fetch(requested, requested.jar().get(), new Effects(command, run)));
        }
        return artifacts;
    }

    private Artifact fetch(RequestedRelease requested, RequestedRelease.Jar jar, Effects effects)
            throws IOException, InterruptedException {
        requireAllowed(jar.url());
        requested.requirePin(jar.pinned(), jar.known());
        try (FetchLocks.Held _ = locks.hold(Download.key(jar.url()), effects.run())) {
            Optional<String> there = jar.expectedAnywhere();
            if (there.isEmpty()) {
                there = new Source(source, sources, jar.url()).givesStill(effects.run());
            }
            Optional<Path> stored = there.isPresent() ? intact(there.get(), effects) : Optional.empty();
            return stored.isPresent()
                    ? finish(requested, jar, stored.get(), there.orElseThrow())
                    : download(requested, jar, effects);
        }
    }

    private void requireAllowed(URI url) {
        try {
            policy.require(url);
        } catch (AddressRefusedException e) {
            throw StepFailure.refused(ErrorCode.ARTIFACT_ADDRESS_REFUSED, String.valueOf(e.getMessage()));
        }
    }

    private Optional<Path> intact(String sha256, Effects effects) throws IOException {
        Optional<Path> stored = store.use(sha256);
        if (stored.isEmpty() || store.isIntact(stored.get(), hashing(stored.get(), effects.run()))) {
            return stored;
        }
        effects.run(FetchEffect.EVICT, () -> store.evict(stored.get()));
        meters.counter("uplift.artifact.corruptions").increment();
        return Optional.empty();
    }

    private Artifact download(RequestedRelease requested, RequestedRelease.Jar jar, Effects effects)
            throws IOException, InterruptedException {
        Download download = new Download(source, limits, store.partialDirectory(), jar.url(), effects);
        Download.Fetched fetched = whole(download, jar);
        meters.counter("uplift.artifact.fetched.bytes").increment((double) fetched.sizeBytes());
        try {
            requireExpected(requested, jar, fetched.sha256());
            requested.requireSame(
                    JarIdentity.read(fetched.file(), requested.profile()).version());
        } catch (StepFailure e) {
            download.discard();
            throw e;
        }
        Path stored = effects.call(FetchEffect.STORE, () -> store.adopt(fetched.file(), fetched.sha256()));
        effects.run(
                FetchEffect.RECORD,
                () -> sources.record(
                        Download.key(jar.url()), new SourceTable.Given(fetched.sha256(), fetched.validators())));
        Artifact artifact = finish(requested, jar, stored, fetched.sha256());
        effects.run(FetchEffect.CLEAR, download::forget);
        effects.run(FetchEffect.FORGET, this::forgetUnused);
        return artifact;
    }

    private static Download.Fetched whole(Download download, RequestedRelease.Jar jar)
            throws IOException, InterruptedException {
        Download.Fetched fetched = download.fetch();
        boolean wrong = jar.expected()
                .filter(expected -> !expected.equals(fetched.sha256()))
                .isPresent();
        if (wrong && fetched.continued()) {
            // A server that gives two files one ETag: the pieces may be of different ones.
            download.discard();
            return download.fetch();
        }
        return fetched;
    }

    private static void requireExpected(RequestedRelease requested, RequestedRelease.Jar jar, String found) {
        Artifact known = jar.known();
        if (jar.expected().filter(found::equals).isPresent() || jar.expected().isEmpty()) {
            return;
        }
        if (jar.pinned() == null && known != null) {
            throw requested.changed(AddressPolicy.display(jar.url()), found, known);
        }
        throw StepFailure.refused(
                ErrorCode.ARTIFACT_WRONG,
                "the artifact at " + AddressPolicy.display(jar.url()) + " has the SHA-256 " + found + ", wanted is "
                        + jar.pinned());
    }

    private void forgetUnused() {
        try {
            int forgotten = store.forgetUnused(retention);
            if (forgotten > 0) {
                LOG.info("{} artifacts that nobody used for long were deleted", forgotten);
            }
        } catch (IOException | UncheckedIOException e) {
            // The artifact that was asked for is there all the same.
            LOG.warn("artifacts that nobody uses could not be deleted: {}", OneLine.of(e));
        }
    }

    /** The stored file has this hash; it may be of another version, or not the expected one, if it was stored for that. */
    private Artifact finish(RequestedRelease requested, RequestedRelease.Jar jar, Path stored, String sha256)
            throws IOException {
        requireExpected(requested, jar, sha256);
        JarIdentity identity = JarIdentity.read(stored, requested.profile());
        ApplicationVersion version = requested.requireSame(identity.version());
        OptionalInt javaMin = identity.javaMin();
        return new Artifact(
                sha256,
                Files.size(stored),
                version.text(),
                requested.edition(),
                URI.create(publicUrl + "/artifacts/" + sha256),
                RequestedRelease.isPinned(sha256, jar.pinned(), jar.known()),
                javaMin.isPresent() ? javaMin.getAsInt() : null);
    }

    private static LongConsumer hashing(Path file, StepRun run) throws IOException {
        return ByteProgress.of(run, "hashing the stored artifact", Files.size(file));
    }

    private void count(String outcome) {
        meters.counter("uplift.artifact.fetches", "outcome", outcome).increment();
    }
}
