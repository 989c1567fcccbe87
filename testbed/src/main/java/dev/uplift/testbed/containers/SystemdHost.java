/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import dev.uplift.standin.StandInLedger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.images.builder.Transferable;

/** A host of {@link SystemdHosts}: a container of Testcontainers with systemd as PID 1. */
public final class SystemdHost {
    /** Where sshd listens. */
    public static final int SSH_PORT = 22;

    private static final int STOP_S_MAX = 60;
    private static final int SECRET = 0600;

    private final String name;
    private final String hostKey;
    private final NetworkContainer container;
    private final WaitStrategy booted;

    private SystemdHost(String name, String hostKey, NetworkContainer container, WaitStrategy booted) {
        this.name = name;
        this.hostKey = hostKey;
        this.container = container;
        this.booted = booted;
    }

    static SystemdHost boot(SystemdHosts hosts, String name, Bind... further) {
        Path key = hosts.directory().resolve(name + "_host_ed25519_key");
        SystemdHosts.generateKey(key);
        // sshd tells systemd when it listens.
        WaitStrategy booted = Wait.forSuccessfulCommand(
                "systemctl is-system-running --wait | grep -qxE 'running|degraded' && systemctl is-active ssh.service");
        try {
            NetworkContainer container = new NetworkContainer(hosts.containers(), DockerContainers.HOST_IMAGE, name)
                    .withTmpFs(Map.of("/run", "", "/run/lock", ""))
                    .withCopyToContainer(
                            Transferable.of(Files.readAllBytes(key), SECRET), "/etc/ssh/ssh_host_ed25519_key")
                    .withCopyToContainer(
                            Transferable.of(Files.readAllBytes(publicKey(hosts.privateKey())), SECRET),
                            "/root/.ssh/authorized_keys")
                    .withCreateContainerCmdModifier(command -> describe(command, name, further))
                    .waitingFor(booted);
            container.start();
            return new SystemdHost(name, Files.readString(publicKey(key)).strip(), container, booted);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Mounts are described here: for those that Testcontainers knows of it pulls an image that tries them. */
    private static void describe(CreateContainerCmd command, String name, Bind... further) {
        List<Bind> binds = new ArrayList<>(List.of(further));
        HostConfig host = Objects.requireNonNull(command.getHostConfig());
        if (Files.isDirectory(Path.of("/sys/fs/cgroup/systemd"))) {
            binds.add(bind("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/systemd"));
        } else {
            binds.add(bind("/sys/fs/cgroup", "/sys/fs/cgroup"));
            host.withCgroupnsMode("host");
        }
        host.withBinds(binds).withCapAdd(Capability.SYS_ADMIN, Capability.NET_ADMIN, Capability.SYS_PTRACE);
        command.withHostName(name).withStopSignal("SIGRTMIN+3");
    }

    static Bind bind(String ofThisMachine, String there) {
        return new Bind(ofThisMachine, new Volume(there));
    }

    private static Path publicKey(Path key) {
        return key.resolveSibling(key.getFileName() + ".pub");
    }

    public String name() {
        return name;
    }

    /** Its IPv4 address, reached from this machine and from the other hosts. */
    public String address() {
        return container.address();
    }

    /** The public host key, {@code ssh-ed25519 AAAA... comment}. */
    public String hostKey() {
        return hostKey;
    }

    /** The line of a {@code known_hosts} file. */
    public String knownHostsLine() {
        String[] words = hostKey.split(" ", -1);
        return address() + " " + words[0] + " " + words[1];
    }

    /** {@code SHA256:...}, as OpenSSH shows it. */
    public String fingerprint() {
        return HostKeys.fingerprint(hostKey);
    }

    /** Replaces the host key, as a reinstalled or false host would, and returns the new public one. */
    public String changeHostKey() {
        exec("sh", "-c", "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key");
        exec("systemctl", "restart", "ssh.service");
        return exec("cat", "/etc/ssh/ssh_host_ed25519_key.pub").output().strip();
    }

    public URI http(int port) {
        return URI.create("http://" + address() + ":" + port);
    }

    /** Runs a command as root, not through the network; a failure is a result, also that the host is off. */
    public Docker.Result attempt(String... command) {
        return container.exec(command);
    }

    /** Runs it as that user in that directory, with those variables beside the host's. */
    Docker.Result attempt(String user, Path directory, Map<String, String> environment, String... command) {
        return container.exec(ExecConfig.builder()
                .user(user)
                .workDir(directory.toString())
                .envVars(environment)
                .command(command)
                .build());
    }

    /**
     * As above.
     *
     * @throws IllegalStateException with what it said, if it does not end with 0
     */
    public Docker.Result exec(String... command) {
        Docker.Result result = attempt(command);
        if (!result.ok()) {
            throw new IllegalStateException(name + ": " + String.join(" ", command) + " ended with " + result.exitCode()
                    + ": " + result.errors() + result.output());
        }
        return result;
    }

    /** {@code systemctl} with these words. */
    public String systemctl(String... words) {
        List<String> command = new ArrayList<>(List.of("systemctl"));
        command.addAll(List.of(words));
        return exec(command.toArray(String[]::new)).output().strip();
    }

    /** A property of a unit, such as {@code ActiveState}. */
    public String property(String unit, String property) {
        return systemctl("show", "--property", property, "--value", "--", unit);
    }

    public String read(Path file) {
        return exec("cat", file.toString()).output();
    }

    /** Writes a file as root, mode 0644. */
    public void write(Path file, String text) {
        container.copyFileToContainer(Transferable.of(text, 0644), file.toString());
    }

    /** The ledger of the stand-in in that directory. */
    public StandInLedger ledger(Path directory) {
        Docker.Result text = attempt("cat", directory.resolve("ledger.jsonl").toString());
        return StandInLedger.parse(text.ok() ? text.output() : "");
    }

    /** Puts a file of this machine there, owned by root, mode 0644. */
    public void put(Path file, Path to) {
        put(file, to, 0644);
    }

    void put(Path file, Path to, int mode) {
        try {
            container.copyFileToContainer(Transferable.of(Files.readAllBytes(file), mode), to.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An orderly shutdown and a new boot. */
    public void reboot() {
        shutDown();
        powerOn();
    }

    /** As if the power failed and came back; what was not synced may still be there. */
    public void powerCycle() {
        powerOff();
        powerOn();
    }

    /** Stops all units in order; the host is off then. */
    public void shutDown() {
        engine().stopContainerCmd(container.getContainerId())
                .withTimeout(STOP_S_MAX)
                .exec();
    }

    /** Off at once. */
    public void powerOff() {
        engine().killContainerCmd(container.getContainerId()).exec();
    }

    /** A text that each boot makes anew. */
    public String bootedAt() {
        return systemctl("show", "--property", "UserspaceTimestampMonotonic", "--value");
    }

    /** Boots unless it is on; returns when systemd has started everything, sshd too, within a minute. */
    public void powerOn() {
        if (!container.isRunning()) {
            engine().startContainerCmd(container.getContainerId()).exec();
        }
        booted.waitUntilReady(container);
    }

    private DockerClient engine() {
        return container.getDockerClient();
    }

    /**
     * Cuts it off: packets are dropped silently both ways, established connections hang. The loopback within works.
     * Ends with {@link #mend()} or a boot.
     */
    public void cut() {
        exec("nft", """
                table inet uplift_cut {
                  chain in { type filter hook input priority -300; iif != "lo" drop; }
                  chain out { type filter hook output priority -300; oif != "lo" drop; }
                }
                """);
    }

    /** The network is back; idempotent. */
    public void mend() {
        attempt("nft", "delete", "table", "inet", "uplift_cut");
    }

    /** Whether sshd can be reached from here. */
    public boolean sshAnswers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address(), SSH_PORT), 1_000);
            socket.setSoTimeout(2_000);
            return socket.getInputStream().read() == 'S';
        } catch (IOException e) {
            return false;
        }
    }
}
