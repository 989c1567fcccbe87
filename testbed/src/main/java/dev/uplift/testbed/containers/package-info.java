/**
 * Containers for tests, on a real Docker Engine: {@link dev.uplift.testbed.containers.SystemdHosts} that are reached by
 * SSH and {@link dev.uplift.testbed.containers.PostgresContainer} by Testcontainers; a {@link
 * dev.uplift.testbed.containers.Registry}, stand-ins as images and whatever the product is to upgrade through the {@code
 * docker} command. {@code scripts/test-parts} makes the images that they are made of.
 *
 * <p>Whatever is made here carries the label {@code dev.uplift.test} with the process that made it. It is
 * removed with its {@link dev.uplift.testbed.containers.DockerContainers}; what a killed run left is removed
 * when the next one begins.
 */
@NullMarked
package dev.uplift.testbed.containers;

import org.jspecify.annotations.NullMarked;
