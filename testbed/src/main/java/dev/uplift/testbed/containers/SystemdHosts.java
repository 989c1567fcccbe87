/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Hosts with systemd as PID 1 in a network of their own, which root logs in to by SSH with the key of this. Their
 * addresses are reached from this machine, and stay over reboots.
 */
public final class SystemdHosts implements AutoCloseable {
    private final DockerContainers containers;
    private final Path directory;

    private SystemdHosts(DockerContainers containers, Path directory) {
        this.containers = containers;
        this.directory = directory;
    }

    /** None yet; makes the key. */
    public static SystemdHosts open() {
        DockerContainers containers = DockerContainers.open();
        try {
            SystemdHosts hosts = new SystemdHosts(containers, Files.createTempDirectory("uplift-hosts"));
            generateKey(hosts.privateKey());
            return hosts;
        } catch (IOException e) {
            containers.close();
            throw new UncheckedIOException(e);
        }
    }

    /** Boots a host of that name; returns when systemd has started everything, sshd too, within a minute. */
    public SystemdHost start(String name) {
        return SystemdHost.boot(this, name);
    }

    /**
     * As {@link #start}, but with a {@code docker} command that leads to this machine's engine. Its containers are reached
     * from the host by the address of {@link #network}'s gateway.
     */
    public SystemdHost startWithEngine(String name) {
        SystemdHost host = SystemdHost.boot(this, name, SystemdHost.bind("/var/run/docker.sock", "/run/docker.sock"));
        host.put(Path.of("/usr/bin/docker"), Path.of("/usr/bin/docker"), 0755);
        return host;
    }

    /** The private key that root of every host accepts: an OpenSSH file, readable by its owner only. */
    public Path privateKey() {
        return directory.resolve("id_ed25519");
    }

    /** Where other containers of the test can be put beside the hosts. */
    public DockerContainers containers() {
        return containers;
    }

    public DockerNetwork network() {
        return containers.network();
    }

    Path directory() {
        return directory;
    }

    static void generateKey(Path file) {
        Docker.Result made = Docker.execute(
                List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "uplift-test", "-f", file.toString()), "");
        if (!made.ok()) {
            throw new IllegalStateException("ssh-keygen: " + made.errors());
        }
    }

    /** Removes all hosts, the network and the keys. */
    @Override
    public void close() {
        containers.close();
        delete(directory);
    }

    static void delete(Path directory) {
        try (Stream<Path> files = Files.exists(directory) ? Files.walk(directory) : Stream.empty()) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
