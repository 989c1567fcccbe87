package dev.uplift.artifact.step;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.AddressRefusedException;
import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.ReleaseTable;
import dev.uplift.artifact.store.ReleaseTable.Recorded;
import dev.uplift.artifact.store.Retention;
import dev.uplift.artifact.transfer.Download;
import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferFailedException;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.docker.RegistryLogins;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.worker.StepHandler;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.messaging.worker.StepRun;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profiles;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step FETCH: every artifact that the nodes need is there, and is what was asked for. Images stay in their registry and are
 * resolved to their digests; this is what is done for a JAR:
 *
 * <ol>
 *   <li>What the command alone makes impossible is refused: a downgrade, another edition, an address that
 *       nothing may come from, a hash other than the version's.
 *   <li>If its hash is known and the store has it, the stored file is hashed again and nothing is fetched;
 *       a file that has changed on the disk is taken out.
 *   <li>It is fetched, hashed on the way, and compared with the hash; the version and edition inside are
 *       compared with the command.
 *   <li>It gets its name in the store, and its version is recorded with its hash, for ever.
 *   <li>What the store no longer keeps is taken away.
 * </ol>
 *
 * <p>Idempotent: run again after a death at any point it ends the same.
 */
public final class FetchArtifact implements StepHandler {
    private static final Logger LOG = LoggerFactory.getLogger(FetchArtifact.class);

    private final Profiles profiles;
    private final AddressPolicy policy;
    private final HttpSource source;
    private final TransferLimits limits;
    private final ArtifactStore store;
    private final Retention retention;
    private final ReleaseTable releases;
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
            ReleaseTable releases,
            RegistryLogins logins,
            URI publicUrl,
            MeterRegistry meters) {
        this.profiles = profiles;
        this.policy = policy;
        this.source = source;
        this.limits = limits;
        this.store = store;
        this.retention = retention;
        this.releases = releases;
        this.logins = logins;
        this.publicUrl = publicUrl;
        this.meters = meters;
        this.locks = new FetchLocks(store.partialDirectory());
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        StepOutcome outcome;
        try {
            outcome = StepOutcome.done(new StepOutput.ArtifactsFetched(fetch(command, run)));
            count("ok");
        } catch (TransferFailedException e) {
            outcome = e.outcome();
            count(e.code().wireName());
        } catch (IOException e) {
            outcome = storage(e);
            count(ErrorCode.HOST_STORAGE.wireName());
        }
        return outcome;
    }

    private List<Artifact> fetch(StepCommand command, StepRun run)
            throws TransferFailedException, IOException, InterruptedException {
        Wanted wanted = Wanted.of(command, profiles);
        wanted.requireUpgrade();
        List<Artifact> artifacts = new ArrayList<>();
        for (Wanted.Image image : wanted.images()) {
            artifacts.add(new ImageDigests(source, releases, logins).fetch(wanted, image, run));
        }
        if (wanted.jar().isPresent()) {
            artifacts.addFirst(fetch(wanted, wanted.jar().get(), run));
        }
        return artifacts;
    }

    private Artifact fetch(Wanted wanted, Wanted.Jar jar, StepRun run)
            throws TransferFailedException, IOException, InterruptedException {
        requireAllowed(jar.url());
        Optional<Recorded> recorded = releases.find(wanted.key());
        String expected = expected(wanted, jar, recorded);
        try (FetchLocks.Held _ = locks.hold(Download.key(jar.url()), run)) {
            Optional<Path> stored = expected == null ? Optional.empty() : intact(expected, run);
            return stored.isPresent() && expected != null
                    ? finish(wanted, jar, stored.get(), expected, run)
                    : download(wanted, jar, expected, run);
        }
    }

    private void requireAllowed(URI url) throws TransferFailedException {
        try {
            policy.require(url);
        } catch (AddressRefusedException e) {
            throw TransferFailedException.refused(ErrorCode.ARTIFACT_ADDRESS_REFUSED, String.valueOf(e.getMessage()));
        }
    }

    /** The hash that the artifact must have; absent: this version was never seen and nobody pinned it. */
    private static @Nullable String expected(Wanted wanted, Wanted.Jar jar, Optional<Recorded> recorded)
            throws TransferFailedException {
        if (recorded.isEmpty()) {
            return jar.pinned();
        }
        if (jar.pinned() != null && !jar.pinned().equals(recorded.get().sha256())) {
            throw changed(wanted, recorded.get(), jar.pinned());
        }
        return recorded.get().sha256();
    }

    private Optional<Path> intact(String sha256, StepRun run) throws IOException {
        Optional<Path> stored = store.use(sha256);
        if (stored.isEmpty() || store.isIntact(stored.get(), hashing(stored.get(), run))) {
            return stored;
        }
        run.crashPoints().before(FetchEffect.EVICT.crashPoint());
        store.evict(stored.get());
        run.crashPoints().after(FetchEffect.EVICT.crashPoint());
        meters.counter("uplift.artifact.corruptions").increment();
        return Optional.empty();
    }

    private Artifact download(Wanted wanted, Wanted.Jar jar, @Nullable String expected, StepRun run)
            throws TransferFailedException, IOException, InterruptedException {
        Download download = new Download(source, limits, store.partialDirectory(), jar.url(), run);
        Download.Fetched fetched = download.fetch();
        if (expected != null && !fetched.sha256().equals(expected) && fetched.continued()) {
            // A server that gives two files one ETag: the pieces may be of different ones.
            download.discard();
            fetched = download.fetch();
        }
        meters.counter("uplift.artifact.fetched.bytes").increment((double) fetched.sizeBytes());
        try {
            if (expected != null && !fetched.sha256().equals(expected)) {
                throw TransferFailedException.refused(
                        ErrorCode.ARTIFACT_WRONG,
                        "the artifact at " + AddressPolicy.display(jar.url()) + " has the SHA-256 " + fetched.sha256()
                                + ", wanted is " + expected);
            }
            wanted.requireSame(JarIdentity.read(fetched.file(), wanted.profile()));
        } catch (TransferFailedException e) {
            download.discard();
            throw e;
        }
        run.crashPoints().before(FetchEffect.STORE.crashPoint());
        Path stored = store.adopt(fetched.file(), fetched.sha256());
        run.crashPoints().after(FetchEffect.STORE.crashPoint());
        Artifact artifact = finish(wanted, jar, stored, fetched.sha256(), run);
        run.crashPoints().before(FetchEffect.CLEAR.crashPoint());
        download.forget();
        run.crashPoints().after(FetchEffect.CLEAR.crashPoint());
        run.crashPoints().before(FetchEffect.FORGET.crashPoint());
        forgetUnused();
        run.crashPoints().after(FetchEffect.FORGET.crashPoint());
        return artifact;
    }

    private void forgetUnused() {
        try {
            int forgotten = store.forgetUnused(retention, Instant.now());
            if (forgotten > 0) {
                LOG.info("{} artifacts that nobody used for long were deleted", forgotten);
            }
        } catch (IOException | UncheckedIOException e) {
            // The artifact that was asked for is there all the same.
            LOG.warn("artifacts that nobody uses could not be deleted: {}", OneLine.of(e));
        }
    }

    /** The stored file has this hash; it may be of another version, if it was stored for that. */
    private Artifact finish(Wanted wanted, Wanted.Jar jar, Path stored, String sha256, StepRun run)
            throws TransferFailedException, IOException {
        ApplicationVersion version = wanted.requireSame(JarIdentity.read(stored, wanted.profile()));
        long sizeBytes = Files.size(stored);
        run.crashPoints().before(FetchEffect.RECORD.crashPoint());
        Recorded recorded = releases.record(
                wanted.key(), sha256, sizeBytes, jar.pinned() != null, AddressPolicy.display(jar.url()));
        run.crashPoints().after(FetchEffect.RECORD.crashPoint());
        if (!recorded.sha256().equals(sha256)) {
            throw changed(wanted, recorded, sha256);
        }
        return new Artifact(
                sha256,
                sizeBytes,
                version.text(),
                wanted.edition(),
                URI.create(publicUrl + "/artifacts/" + sha256),
                recorded.pinned());
    }

    private static TransferFailedException changed(Wanted wanted, Recorded recorded, String found) {
        return TransferFailedException.refused(
                ErrorCode.ARTIFACT_WRONG,
                wanted.version() + " was fetched before with the SHA-256 " + recorded.sha256()
                        + (recorded.pinned() ? ", pinned" : ", not pinned")
                        + ", now it is " + found + ": a released version must not change");
    }

    private static LongConsumer hashing(Path file, StepRun run) throws IOException {
        long size = Files.size(file);
        return done -> {
            run.checkCancelled();
            run.progress(Progress.of("hashing the stored artifact", Progress.Unit.BYTES, done, size));
        };
    }

    private static StepOutcome storage(IOException e) {
        return StepOutcome.failed(
                ErrorCode.HOST_STORAGE,
                OneLine.of("the artifact-service's disk refused: " + OneLine.of(e) + "; free some room or repair it"));
    }

    private void count(String outcome) {
        meters.counter("uplift.artifact.fetches", "outcome", outcome).increment();
    }
}
