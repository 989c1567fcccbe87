/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host.testing;

import static org.awaitility.Awaitility.await;

import dev.uplift.contract.HostSpec;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.Exec;
import dev.uplift.host.LocalHost;
import dev.uplift.host.SshTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** A real OpenSSH server on a loopback port, with keys of its own, that lets the user of the test in. */
public final class TestSshd implements AutoCloseable {
    private final Path directory;
    private final int port;
    private Process process;

    /** Starts one with its files in a directory. */
    public TestSshd(Path directory) throws Exception {
        this.directory = directory;
        run(
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                directory.resolve("client").toString());
        for (String type : List.of("ed25519", "ecdsa")) {
            hostKey(type);
        }
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Files.writeString(directory.resolve("sshd_config"), """
                Port %d
                ListenAddress 127.0.0.1
                HostKey %s
                HostKey %s
                AuthorizedKeysFile %s
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                PermitRootLogin prohibit-password
                Subsystem sftp internal-sftp
                SetEnv HOME=%s
                """.formatted(
                        port,
                        file("host_ed25519"),
                        file("host_ecdsa"),
                        file("client.pub"),
                        // Or each command runs what the user's own shell starts with.
                        Files.createDirectory(directory.resolve("home"))));
        if (System.getProperty("user.name").equals("root")) {
            Files.createDirectories(Path.of("/run/sshd"));
        }
        process = start();
    }

    /** One for all tests that do not disturb it. */
    public static TestSshd shared() {
        return Shared.ONE;
    }

    private static final class Shared {
        static final TestSshd ONE = start();

        private static TestSshd start() {
            try {
                Path keys = Files.createTempDirectory("uplift-sshd");
                TestSshd started = new TestSshd(keys);
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    started.close();
                    try {
                        DurableFiles.delete(keys);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
                return started;
            } catch (Exception e) {
                throw new IllegalStateException("no OpenSSH server could be started", e);
            }
        }
    }

    /** Where it listens on the loopback. */
    public int port() {
        return port;
    }

    /** The connection to it. */
    public SshTarget target() throws IOException {
        return target(port);
    }

    /** The connection to it, or to something before it. */
    public SshTarget target(int throughPort) throws IOException {
        return new SshTarget(
                "far",
                "127.0.0.1",
                throughPort,
                System.getProperty("user.name"),
                publicKey("ed25519"),
                "file:" + file("client"));
    }

    /** The host as installations know it. */
    public HostSpec.Ssh spec() throws Exception {
        return new HostSpec.Ssh(
                "far",
                "127.0.0.1",
                port,
                System.getProperty("user.name"),
                fingerprint("ed25519"),
                "file:" + file("client"));
    }

    /** A key of the host as {@code known_hosts} has it. */
    public String publicKey(String type) throws IOException {
        return Files.readString(directory.resolve("host_" + type + ".pub"));
    }

    /** The fingerprint of a key of the host. */
    public String fingerprint(String type) throws Exception {
        return run("ssh-keygen", "-l", "-f", file("host_" + type + ".pub")).split(" ", -1)[1];
    }

    /** As if the host had been set up anew. */
    public void changeHostKeys() throws Exception {
        stop();
        for (String type : List.of("ed25519", "ecdsa")) {
            Files.delete(directory.resolve("host_" + type));
            hostKey(type);
        }
        process = start();
    }

    /** Kills its sessions, not what they run; it takes new ones. */
    public void cutSessions() {
        sessions().forEach(ProcessHandle::destroyForcibly);
    }

    /** Whether anybody is connected. */
    public boolean hasSessions() {
        return sessions().findAny().isPresent();
    }

    private Stream<ProcessHandle> sessions() {
        return process.descendants()
                .filter(each -> each.info().command().orElse("").contains("sshd"));
    }

    @Override
    public void close() {
        stop();
    }

    private void stop() {
        cutSessions();
        process.destroyForcibly().onExit().join();
    }

    private Process start() throws IOException {
        Process started = new ProcessBuilder("/usr/sbin/sshd", "-D", "-e", "-f", file("sshd_config"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("sshd.log").toFile()))
                .start();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        return started;
    }

    private void hostKey(String type) throws Exception {
        Files.deleteIfExists(directory.resolve("host_" + type + ".pub"));
        run("ssh-keygen", "-q", "-t", type, "-N", "", "-f", file("host_" + type));
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private static String run(String... argv) throws Exception {
        Exec.Result result = new LocalHost().run(Exec.of(Duration.ofSeconds(30), argv));
        if (!result.succeeded()) {
            throw new AssertionError(result.errors());
        }
        return result.output();
    }
}
