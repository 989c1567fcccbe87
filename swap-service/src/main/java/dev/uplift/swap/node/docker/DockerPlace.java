/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ImageReference;
import dev.uplift.docker.RegistryLogins;
import java.nio.file.Path;

/**
 * Where a container is, and where its images come from.
 *
 * @param container its name
 * @param repository what its images are of, without tag or digest; images of others are refused
 * @param logins for the repository's registry
 * @param directory on the engine's host, for Uplift's own use only: what is remembered, and the fence. Where nothing
 *     but the engine is reached it is on the machine of the worker: then only workers that share the directory keep
 *     each other out, and all others find that nothing is known of the container and refuse it
 * @param engineHost the name or address of the engine's host, as the container's keeper reaches what it publishes
 */
public record DockerPlace(
        String container, ImageReference repository, RegistryLogins logins, Path directory, String engineHost) {}
