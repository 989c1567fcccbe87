package dev.uplift.testbed.containers;

import dev.uplift.standin.StandInLedger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A host of {@link SystemdHosts}. */
public final class SystemdHost {
    /** Where sshd listens. */
    public static final int SSH_PORT = 22;

    private static final Duration BOOT_MAX = Duration.ofSeconds(60);

    private final String name;
    private final String address;
    private final String hostKey;
    private final DockerContainer container;

    private SystemdHost(String name, String address, String hostKey, DockerContainer container) {
        this.name = name;
        this.address = address;
        this.hostKey = hostKey;
        this.container = container;
    }

    static SystemdHost create(SystemdHosts hosts, String name, List<String> further) {
        String address = hosts.network().nextAddress();
        List<String> options = new ArrayList<>(List.of(
                "--name", hosts.containers().name(name),
                "--hostname", name,
                "--network", hosts.network().name(),
                "--ip", address,
                "--cap-add", "SYS_ADMIN",
                "--cap-add", "NET_ADMIN",
                "--cap-add", "SYS_PTRACE",
                "--stop-signal", "SIGRTMIN+3",
                "--tmpfs", "/run",
                "--tmpfs", "/run/lock"));
        if (Files.isDirectory(Path.of("/sys/fs/cgroup/systemd"))) {
            options.addAll(List.of("--volume", "/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"));
        } else {
            options.addAll(List.of("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"));
        }
        options.addAll(further);
        options.add(DockerContainers.HOST_IMAGE);
        DockerContainer container = hosts.containers().create(options.toArray(String[]::new));
        Path key = hosts.directory().resolve(name + "/ssh_host_ed25519_key");
        try {
            Path files = Files.createDirectories(hosts.directory().resolve(name + "/files"));
            SystemdHosts.generateKey(key);
            Path ssh = directory(files, "etc", "rwxr-xr-x").resolve("ssh");
            directory(files, "etc/ssh", "rwxr-xr-x");
            directory(files, "root", "rwx------");
            Path authorized = directory(files, "root/.ssh", "rwx------").resolve("authorized_keys");
            Files.copy(key, ssh.resolve("ssh_host_ed25519_key"));
            Files.copy(hosts.privateKey().resolveSibling(hosts.privateKey().getFileName() + ".pub"), authorized);
            Files.setPosixFilePermissions(
                    ssh.resolve("ssh_host_ed25519_key"), PosixFilePermissions.fromString("rw-------"));
            Files.setPosixFilePermissions(authorized, PosixFilePermissions.fromString("rw-------"));
            Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwxr-xr-x"));
            container.copyIn(files + "/.", Path.of("/"));
            return new SystemdHost(
                    name, address, Files.readString(Path.of(key + ".pub")).strip(), container);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path directory(Path below, String path, String mode) throws IOException {
        Path directory = Files.createDirectories(below.resolve(path));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        return directory;
    }

    public String name() {
        return name;
    }

    /** Its IPv4 address, reached from this machine and from the other hosts. */
    public String address() {
        return address;
    }

    /** The public host key, {@code ssh-ed25519 AAAA... comment}. */
    public String hostKey() {
        return hostKey;
    }

    /** The line of a {@code known_hosts} file. */
    public String knownHostsLine() {
        String[] words = hostKey.split(" ", -1);
        return address + " " + words[0] + " " + words[1];
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

    /** The container, for what this class does not offer. */
    public DockerContainer container() {
        return container;
    }

    public URI http(int port) {
        return URI.create("http://" + address + ":" + port);
    }

    /** Runs a command as root, not through the network. */
    public Docker.Result attempt(String... command) {
        return container.exec(command);
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
        return container.read(file);
    }

    /** Writes a file as root, mode 0644. */
    public void write(Path file, String text) {
        container.write(file, text);
    }

    /** The ledger of the stand-in in that directory. */
    public StandInLedger ledger(Path directory) {
        Docker.Result text = attempt("cat", directory.resolve("ledger.jsonl").toString());
        return StandInLedger.parse(text.ok() ? text.output() : "");
    }

    /** Puts a file of this machine there, owned by root, mode 0644. */
    public void put(Path file, Path to) {
        container.copyIn(file.toString(), to);
        exec("chown", "root:root", to.toString());
        exec("chmod", "0644", to.toString());
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
        container.stop();
    }

    /** Off at once. */
    public void powerOff() {
        container.kill();
    }

    /** A text that each boot makes anew. */
    public String bootedAt() {
        return systemctl("show", "--property", "UserspaceTimestampMonotonic", "--value");
    }

    /** Boots; returns when systemd has started everything and sshd answers. */
    public void powerOn() {
        container.start();
        await("systemd", () -> {
            String state = attempt("systemctl", "is-system-running").output().strip();
            return Set.of("running", "degraded").contains(state);
        });
        await("sshd", this::sshAnswers);
    }

    /**
     * Cuts it off: packets are dropped silently both ways, established connections hang. The loopback within works.
     * Ends with {@link #mend()} or a boot.
     */
    public void cut() {
        Docker.Result result = container.execWith("""
                table inet uplift_cut {
                  chain in { type filter hook input priority -300; iif != "lo" drop; }
                  chain out { type filter hook output priority -300; oif != "lo" drop; }
                }
                """, "nft", "-f", "-");
        if (!result.ok()) {
            throw new IllegalStateException("nft: " + result.errors());
        }
    }

    /** The network is back; idempotent. */
    public void mend() {
        attempt("nft", "delete", "table", "inet", "uplift_cut");
    }

    /** Whether sshd can be reached from here. */
    public boolean sshAnswers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, SSH_PORT), 1_000);
            socket.setSoTimeout(2_000);
            return socket.getInputStream().read() == 'S';
        } catch (IOException e) {
            return false;
        }
    }

    private void await(String what, BooleanSupplier condition) {
        Waiting.until(
                BOOT_MAX,
                condition,
                () -> what + " of host " + name + " is not up after " + BOOT_MAX.toSeconds() + " s: "
                        + attempt("systemctl", "list-units", "--failed", "--no-legend")
                                .output()
                        + attempt("systemctl", "list-jobs").output());
    }
}
