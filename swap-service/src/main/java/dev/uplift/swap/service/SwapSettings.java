/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.service;

import dev.uplift.worker.WorkerSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What this process is told by its environment. What it knows of containers of this machine is in the home's {@code
 * containers/}.
 */
@ConfigMapping(prefix = "uplift")
public interface SwapSettings extends WorkerSettings {
    /** The socket of the Docker Engine of this machine. Default {@code /var/run/docker.sock}; it need not exist. */
    @WithName("docker.socket")
    @WithDefault("/var/run/docker.sock")
    Path dockerSocket();

    /**
     * Logins for registries: {@code REGISTRY=REFERENCE}, several separated by commas; the reference, {@code env:NAME} or
     * {@code file:/path#/json/pointer}, leads to {@code user:password}. Default: none, and for other registries than
     * these, those in {@code .docker/config.json} below the home of this process's user.
     */
    @WithName("registry.logins")
    Optional<List<String>> registryLogins();

    /** How many installations are worked at at a time. Default 16, at least 1. */
    @WithName("swap.threads")
    @WithDefault("16")
    int threads();
}
