/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.AllowedOrigin;
import dev.uplift.artifact.step.FetchArtifact;
import dev.uplift.artifact.step.LocateArtifact;
import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.Retention;
import dev.uplift.artifact.store.SourceTable;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.LocalHost;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The service without Kafka, database and Quarkus: a home, small limits, loopback allowed over plain http. */
public final class ArtifactWorld implements AutoCloseable {
    /** Small, but so patient that a busy machine is no slow server. */
    public static final TransferLimits LIMITS = limits(Duration.ofSeconds(20), 1, Duration.ofSeconds(20), 3);

    /** For tests of what is too slow. */
    public static final TransferLimits IMPATIENT = limits(Duration.ofMillis(1_200), 20_000, Duration.ofMillis(400), 1);

    private final Path home;
    private final HttpSource source;
    private final ArtifactStore store;
    private final FetchArtifact fetch;
    private final LocateArtifact locate;

    public ArtifactWorld(Path home) throws IOException, ProfileException {
        this(home, LIMITS);
    }

    public ArtifactWorld(Path home, TransferLimits limits) throws IOException, ProfileException {
        this(home, limits, RegistryLogins.none(new LocalHost()));
    }

    public ArtifactWorld(Path home, TransferLimits limits, RegistryLogins logins) throws IOException, ProfileException {
        this(home, limits, logins, Profiles.load(Optional.empty()));
    }

    public ArtifactWorld(Path home, Profiles profiles) throws IOException {
        this(home, LIMITS, RegistryLogins.none(new LocalHost()), profiles);
    }

    private ArtifactWorld(Path home, TransferLimits limits, RegistryLogins logins, Profiles profiles)
            throws IOException {
        this.home = home;
        AddressPolicy policy = new AddressPolicy(List.of(AllowedOrigin.parse("http://127.0.0.1:*")));
        source = new HttpSource(policy, limits);
        store = new ArtifactStore(home, Clock.systemUTC());
        SourceTable sources = new MemorySources();
        fetch = new FetchArtifact(
                profiles,
                policy,
                source,
                limits,
                store,
                new Retention(0, Duration.ofHours(1)),
                sources,
                logins,
                URI.create("http://127.0.0.1:8481"),
                new SimpleMeterRegistry());
        locate = new LocateArtifact(profiles, source, limits, store, sources, logins);
    }

    private static TransferLimits limits(Duration idle, long bytesPerSecondMin, Duration window, int attemptsMax) {
        return new TransferLimits(
                1_000_000, Duration.ofSeconds(5), idle, bytesPerSecondMin, window, attemptsMax, Duration.ofMillis(20));
    }

    public StepOutcome fetch(StepCommand command) throws Exception {
        return fetch.run(command, new TestRun());
    }

    public StepOutcome fetch(StepCommand command, TestRun run) throws Exception {
        return fetch.run(command, run);
    }

    public StepOutcome locate(StepCommand command) throws Exception {
        return locate.run(command, new TestRun());
    }

    public ArtifactStore store() {
        return store;
    }

    /** The only artifact of a fetch that succeeded. */
    public static Artifact artifact(StepOutcome outcome) {
        List<Artifact> artifacts = artifacts(outcome);
        if (artifacts.size() == 1) {
            return artifacts.getFirst();
        }
        throw new AssertionError("not one artifact: " + artifacts);
    }

    /** The artifacts of a fetch that succeeded. */
    public static List<Artifact> artifacts(StepOutcome outcome) {
        if (outcome instanceof StepOutcome.Succeeded succeeded
                && succeeded.output() instanceof StepOutput.ArtifactsFetched fetched) {
            return fetched.artifacts();
        }
        throw new AssertionError("not fetched: " + outcome);
    }

    /** Relative paths of all files. */
    public List<String> files() {
        try (Stream<Path> files = Files.walk(home)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> home.relativize(file).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
