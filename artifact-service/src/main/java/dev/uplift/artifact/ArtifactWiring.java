/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact;

import dev.uplift.artifact.address.AddressPolicy;
import dev.uplift.artifact.address.AllowedOrigin;
import dev.uplift.artifact.step.FetchArtifact;
import dev.uplift.artifact.step.LocateArtifact;
import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.store.Retention;
import dev.uplift.artifact.store.SourceTable;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.artifact.transfer.TransferLimits;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepWorker;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** Makes the worker of this service. */
final class ArtifactWiring {
    @Produces
    @Singleton
    ArtifactStore store(ArtifactSettings settings, Retention retention, Clock clock) throws IOException {
        ArtifactStore store = new ArtifactStore(settings.home().toAbsolutePath(), clock);
        var _ = store.forgetUnused(retention);
        return store;
    }

    @Produces
    @Singleton
    Retention retention(ArtifactSettings settings) {
        return new Retention(settings.retentionMaxBytes(), settings.retentionMinAge());
    }

    @Produces
    @Singleton
    AddressPolicy policy(ArtifactSettings settings) {
        return new AddressPolicy(settings.allowedOrigins().orElse(List.of()).stream()
                .map(AllowedOrigin::parse)
                .toList());
    }

    @Produces
    @Singleton
    TransferLimits limits(ArtifactSettings settings) {
        return new TransferLimits(
                settings.maxBytes(),
                settings.connectTimeout(),
                settings.idleTimeout(),
                settings.minBytesPerSecond(),
                settings.rateWindow(),
                settings.attempts(),
                settings.attemptPause());
    }

    @Produces
    @Singleton
    HttpSource source(AddressPolicy policy, TransferLimits limits) {
        return new HttpSource(policy, limits);
    }

    void close(@Disposes HttpSource source) throws IOException {
        source.close();
    }

    @Produces
    @Singleton
    StepWorker worker(
            ArtifactSettings settings,
            ArtifactStore store,
            Retention retention,
            AddressPolicy policy,
            TransferLimits limits,
            HttpSource source,
            SourceTable sources,
            MessagingRuntime messaging,
            MeterRegistry meters)
            throws ProfileException {
        Profiles profiles = Profiles.load(Optional.of(settings.home().resolve("profiles")));
        RegistryLogins logins = RegistryLogins.configured(
                new LocalHost(), settings.registryLogins().orElse(List.of()));
        return StepWorker.builder(messaging, ServiceName.ARTIFACT, settings.site())
                .step(
                        StepName.LOCATE,
                        Direction.DO,
                        new LocateArtifact(profiles, source, limits, store, sources, logins))
                .step(
                        StepName.FETCH,
                        Direction.DO,
                        new FetchArtifact(
                                profiles,
                                policy,
                                source,
                                limits,
                                store,
                                retention,
                                sources,
                                logins,
                                publicUrl(settings.publicUrl()),
                                meters))
                .threads(settings.threads())
                .build();
    }

    private static URI publicUrl(URI url) {
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http || url.getHost() == null || url.toString().endsWith("/")) {
            throw new IllegalArgumentException(
                    "uplift.artifact.public-url has to be an http or https URL without a slash at its end");
        }
        return url;
    }
}
