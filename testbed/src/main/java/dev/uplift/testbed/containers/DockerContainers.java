/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Containers, networks and volumes of one test, removed together: also those that somebody else made of them with
 * the same labels, as an upgrade does, and what test runs that were killed left. So Testcontainers' Ryuk, whose image
 * would have to be pulled, is off ({@code TESTCONTAINERS_RYUK_DISABLED=true} in the environment of every test). Safe
 * for several threads.
 *
 * <p>What is part of a test's surroundings is made by Testcontainers: networks, {@link PostgresContainer}, {@link
 * SystemdHost}. Applications under test are a {@link DockerContainer}.
 */
public final class DockerContainers implements AutoCloseable {
    /** Debian with a Java 25. */
    public static final String JRE_IMAGE = "uplift-base/jre:25";

    /** Debian with PostgreSQL 15. */
    public static final String POSTGRES_IMAGE = "uplift-base/postgres:15";

    /** Debian with systemd, sshd and a Java 17. */
    public static final String HOST_IMAGE = "uplift-base/host:1";

    private static final Set<DockerContainers> OPEN = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> List.copyOf(OPEN).forEach(DockerContainers::close)));
    }

    private final Docker docker;
    private final Owner owner;
    private @Nullable DockerNetwork network;

    private DockerContainers(Docker docker) {
        this.docker = docker;
        this.owner = Owner.next();
    }

    /**
     * On the engine of this machine, which must have the images that the tests are made of.
     *
     * @throws IllegalStateException if it does not answer or images are missing, with what to do
     */
    public static DockerContainers open() {
        DockerContainers containers = open(Docker.ofThisMachine());
        Docker.Result images =
                containers.docker.attempt(List.of("image", "inspect", JRE_IMAGE, POSTGRES_IMAGE, HOST_IMAGE), "");
        if (!images.ok()) {
            containers.close();
            throw new IllegalStateException("run scripts/test-parts, which makes the images: "
                    + images.errors().strip());
        }
        return containers;
    }

    /**
     * On that engine. First removes what test runs that were killed left there.
     *
     * @throws IllegalStateException if the engine does not answer, with what to do
     */
    public static DockerContainers open(Docker docker) {
        Docker.Result engine = docker.attempt(List.of("version", "--format", "{{.Server.Version}}"), "");
        if (!engine.ok()) {
            throw new IllegalStateException("no Docker Engine answers; start one, or run scripts/test, which does: "
                    + engine.errors().strip());
        }
        removeLeftovers(docker);
        DockerContainers containers = new DockerContainers(docker);
        OPEN.add(containers);
        return containers;
    }

    public Docker docker() {
        return docker;
    }

    /** A name that no other test has, with that ending. */
    public String name(String ending) {
        return "uplift-test-" + owner.pid() + "-" + owner.number() + "-" + ending;
    }

    /** {@code name=value} of the label that makes something belong to this; for what a test makes by other means. */
    public String label() {
        return owner.label();
    }

    Map<String, String> labels() {
        return Map.of(Owner.LABEL, owner.toString());
    }

    /**
     * The network of this test, made with the first call: a subnet of its own, in which addresses can be chosen.
     *
     * @throws IllegalStateException on another engine than this machine's
     */
    public synchronized DockerNetwork network() {
        if (network == null) {
            if (!docker.isOfThisMachine()) {
                throw new IllegalStateException("networks are made on the engine of this machine only");
            }
            network = DockerNetwork.create(name("net"), labels());
        }
        return network;
    }

    /** Makes a volume and returns its name. */
    public String volume(String ending) {
        return docker.run("volume", "create", "--label", owner.label(), name(ending));
    }

    /** {@code docker run --detach} with these options, image and command, in that order. */
    public DockerContainer run(String... optionsImageCommand) {
        return make(List.of("run", "--detach"), optionsImageCommand);
    }

    /** As {@code run}, but not started. */
    public DockerContainer create(String... optionsImageCommand) {
        return make(List.of("create"), optionsImageCommand);
    }

    private DockerContainer make(List<String> verb, String... optionsImageCommand) {
        List<String> arguments = new ArrayList<>(verb);
        arguments.addAll(List.of("--label", owner.label()));
        arguments.addAll(List.of(optionsImageCommand));
        return new DockerContainer(docker, docker.run(arguments));
    }

    /** The container that has this name or id now. */
    public DockerContainer named(String name) {
        return new DockerContainer(docker, name);
    }

    /** The container of this name or id, if there is one. */
    public Optional<DockerContainer> find(String name) {
        return docker.attempt(List.of("container", "inspect", name), "").ok()
                ? Optional.of(named(name))
                : Optional.empty();
    }

    /** All containers of this test, running or not, by id. */
    public List<String> ids() {
        return lines(docker.run("ps", "--all", "--quiet", "--no-trunc", "--filter", "label=" + owner.label()));
    }

    /** Removes all of it. Idempotent. */
    @Override
    public void close() {
        OPEN.remove(this);
        remove(docker, owner.label());
    }

    private static void removeLeftovers(Docker docker) {
        String format = "{{.Label \"" + Owner.LABEL + "\"}}";
        String filter = "label=" + Owner.LABEL;
        List<String> labels = new ArrayList<>();
        labels.addAll(lines(docker.run("ps", "--all", "--filter", filter, "--format", format)));
        labels.addAll(lines(docker.run("network", "ls", "--filter", filter, "--format", format)));
        labels.addAll(lines(docker.run("volume", "ls", "--filter", filter, "--format", format)));
        labels.stream()
                .distinct()
                .flatMap(label -> Owner.parse(label).stream())
                .filter(owner -> !owner.alive())
                .forEach(owner -> remove(docker, owner.label()));
    }

    /** Another run may remove the same leftovers: what is gone is gone. */
    private static void remove(Docker docker, String label) {
        String filter = "label=" + label;
        each(docker, List.of("ps", "--all", "--quiet", "--filter", filter), List.of("rm", "--force", "--volumes"));
        each(docker, List.of("network", "ls", "--quiet", "--filter", filter), List.of("network", "rm"));
        each(docker, List.of("volume", "ls", "--quiet", "--filter", filter), List.of("volume", "rm", "--force"));
    }

    private static void each(Docker docker, List<String> list, List<String> remove) {
        List<String> found = lines(docker.run(list));
        if (!found.isEmpty()) {
            List<String> command = new ArrayList<>(remove);
            command.addAll(found);
            Docker.Result result = docker.attempt(command, "");
            if (!result.ok() && !lines(docker.run(list)).isEmpty()) {
                throw new IllegalStateException(String.join(" ", command) + ": " + result.errors());
            }
        }
    }

    static List<String> lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
}
