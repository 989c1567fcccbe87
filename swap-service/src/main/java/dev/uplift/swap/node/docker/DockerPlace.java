package dev.uplift.swap.node.docker;

import dev.uplift.host.docker.ImageReference;
import dev.uplift.host.docker.RegistryLogins;
import java.nio.file.Path;

/**
 * Where a container is, and where its images come from.
 *
 * @param container its name
 * @param repository what its images are of, without tag or digest; images of others are refused
 * @param logins for the repository's registry
 * @param directory on the engine's host, for Uplift's own use only: what is remembered, and the fence
 */
public record DockerPlace(String container, ImageReference repository, RegistryLogins logins, Path directory) {}
