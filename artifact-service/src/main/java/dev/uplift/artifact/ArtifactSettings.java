/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact;

import dev.uplift.worker.WorkerSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What this process is told by its environment. Artifacts are in the home's {@code artifacts/}. */
@ConfigMapping(prefix = "uplift")
public interface ArtifactSettings extends WorkerSettings {
    /** How many installations' artifacts are fetched at a time. Default 4, at least 1. */
    @WithName("artifact.threads")
    @WithDefault("4")
    int threads();

    /**
     * Where hosts reach this service, an absolute {@code http} or {@code https} URL without a slash at its
     * end; part of every artifact's location. Default {@code http://127.0.0.1:} and the HTTP port.
     */
    @WithName("artifact.public-url")
    URI publicUrl();

    /**
     * Origins that the operator trusts, such as {@code http://127.0.0.1:*} or {@code
     * https://mirror.example.com}: plain http and private addresses are taken there. Default: none, so
     * that only https from public addresses is.
     */
    @WithName("artifact.allowed-origins")
    Optional<List<String>> allowedOrigins();

    /**
     * Logins for registries, to look up the tags of images: {@code REGISTRY=REFERENCE}, several separated by commas; the
     * reference, {@code env:NAME} or {@code file:/path#/json/pointer}, leads to {@code user:password}. Default: none,
     * and for other registries than these, those in {@code .docker/config.json} below the home of this process's user.
     */
    @WithName("registry.logins")
    Optional<List<String>> registryLogins();

    /** Bytes that one artifact may have at most. Default 2 GiB, at least 1. */
    @WithName("artifact.max-bytes")
    @WithDefault("2147483648")
    long maxBytes();

    /**
     * Bytes that all artifacts together may have; beyond them the least recently used are deleted, after each
     * fetch and at the start. Default 20 GiB, at least 0.
     */
    @WithName("artifact.retention.max-bytes")
    @WithDefault("21474836480")
    long retentionMaxBytes();

    /**
     * No artifact is deleted that was fetched, asked for or served within this time, so that an upgrade that
     * is not finished finds it. Default 7 days, at least 1 h.
     */
    @WithName("artifact.retention.min-age")
    @WithDefault("7d")
    Duration retentionMinAge();

    /** How long a server may take to accept a connection. Default 10 s, above 0. */
    @WithName("artifact.connect-timeout")
    @WithDefault("10S")
    Duration connectTimeout();

    /** How long an answer may take to begin, and how long it may pause. Default 30 s, above 0. */
    @WithName("artifact.idle-timeout")
    @WithDefault("30S")
    Duration idleTimeout();

    /** A server that sends fewer bytes per second over a whole {@link #rateWindow} is given up. Default 4096; 0: never. */
    @WithName("artifact.min-bytes-per-second")
    @WithDefault("4096")
    long minBytesPerSecond();

    /** Over how long the least rate is measured. Default 30 s, above 0. */
    @WithName("artifact.rate-window")
    @WithDefault("30S")
    Duration rateWindow();

    /** How often a transfer that was cut is taken up again before the step fails. Default 3, at least 1. */
    @WithName("artifact.attempts")
    @WithDefault("3")
    int attempts();

    /** How long to wait before a cut transfer is taken up again; doubles each time. Default 1 s, at least 0. */
    @WithName("artifact.attempt-pause")
    @WithDefault("1S")
    Duration attemptPause();
}
