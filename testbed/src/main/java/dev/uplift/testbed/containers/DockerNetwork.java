package dev.uplift.testbed.containers;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** A bridge with a subnet of its own, where this machine is {@code .1}. */
public final class DockerNetwork {
    private static final int ATTEMPTS_MAX = 20;

    private final String name;
    private final String prefix;
    private final AtomicInteger last = new AtomicInteger(9);

    private DockerNetwork(String name, String prefix) {
        this.name = name;
        this.prefix = prefix;
    }

    /** The engine refuses a subnet that it uses already; then another one is tried. */
    static DockerNetwork create(Docker docker, String name, String label) {
        String refusal = "";
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            String prefix = "10." + random.nextInt(180, 250) + "." + random.nextInt(1, 255);
            Docker.Result result = docker.attempt(
                    List.of("network", "create", "--label", label, "--subnet", prefix + ".0/24", name), "");
            if (result.ok()) {
                return new DockerNetwork(name, prefix);
            }
            refusal = result.errors();
        }
        throw new IllegalStateException("no network could be made: " + refusal);
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
}
