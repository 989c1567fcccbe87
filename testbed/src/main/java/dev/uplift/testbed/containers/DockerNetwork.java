/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import com.github.dockerjava.api.command.CreateNetworkCmd;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Network.Ipam;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.containers.Network;

/** A bridge with a subnet of its own, where this machine is {@code .1}. */
public final class DockerNetwork {
    private static final int ATTEMPTS_MAX = 20;

    private final Network network;
    private final String name;
    private final String prefix;
    private final AtomicInteger last = new AtomicInteger(9);

    private DockerNetwork(Network network, String name, String prefix) {
        this.network = network;
        this.name = name;
        this.prefix = prefix;
    }

    /** The engine refuses a subnet that it uses already; then another one is tried. */
    static DockerNetwork create(String name, Map<String, String> labels) {
        for (int attempt = 1; ; attempt++) {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            String prefix = "10." + random.nextInt(180, 250) + "." + random.nextInt(1, 255);
            Network network = Network.builder()
                    .createNetworkCmdModifier(command -> describe(command, name, labels, prefix))
                    .build();
            try {
                network.getId();
                return new DockerNetwork(network, name, prefix);
            } catch (DockerException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw new IllegalStateException("no network could be made", e);
                }
            }
        }
    }

    private static void describe(CreateNetworkCmd command, String name, Map<String, String> labels, String prefix) {
        command.withName(name)
                .withLabels(labels)
                .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(prefix + ".0/24")));
    }

    public String name() {
        return name;
    }

    /** The address of this machine there. */
    public String gateway() {
        return prefix + ".1";
    }

    /** An address that was not given out before. */
    public String nextAddress() {
        int number = last.incrementAndGet();
        if (number > 254) {
            throw new IllegalStateException("the subnet " + prefix + ".0/24 is full");
        }
        return prefix + "." + number;
    }

    /** For containers of Testcontainers; the engine has it already. */
    Network network() {
        return network;
    }
}
