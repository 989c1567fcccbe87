/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import com.github.dockerjava.api.exception.ConflictException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.RemoteDockerImage;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/**
 * A container of Testcontainers with an address of its own in the network of a test. It is removed with its {@link
 * DockerContainers}. Its image is the engine's: nothing is pulled, whatever the user's {@code
 * .testcontainers.properties} say.
 */
final class NetworkContainer extends GenericContainer<NetworkContainer> {
    private final String address;

    NetworkContainer(DockerContainers containers, String image, String name) {
        super(new RemoteDockerImage(DockerImageName.parse(image))
                .withImageNameSubstitutor(ImageNameSubstitutor.noop())
                .withImagePullPolicy(any -> false));
        address = containers.network().nextAddress();
        withNetwork(containers.network().network());
        withLabels(containers.labels());
        withCreateContainerCmdModifier(
                command -> command.withName(containers.name(name)).withIpv4Address(address));
    }

    /** Reached from this machine and within the network; it stays when the container is stopped and started. */
    String address() {
        return address;
    }

    /** Runs a command in it as its user; a failure is a result, also that it is off. */
    Docker.Result exec(String... command) {
        return exec(ExecConfig.builder().command(command).build());
    }

    /** As above. */
    Docker.Result exec(ExecConfig command) {
        try {
            ExecResult result = execInContainer(command);
            return new Docker.Result(result.getExitCode(), result.getStdout(), result.getStderr());
        } catch (ConflictException off) {
            return new Docker.Result(1, "", String.valueOf(off.getMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
