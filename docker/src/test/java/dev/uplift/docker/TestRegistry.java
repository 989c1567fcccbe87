/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A real registry on a free port of loopback. */
final class TestRegistry implements AutoCloseable {
    /** {@code bcrypt} of {@code secret}. */
    private static final String PASSWORDS = "fleet:$2y$12$Il2mm86cWP3OAkhqnlk8MurmA8TMw5Zh.SAoy1Wfo1v4l.X.39/8u\n";

    final int port;
    private final Process process;

    private TestRegistry(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** Keeps its images in the directory. With a login its user is {@code fleet}, the password {@code secret}. */
    static TestRegistry start(Path directory, int port, boolean login) throws IOException {
        Files.createDirectories(directory);
        Path passwords = Files.writeString(directory.resolve("passwords"), PASSWORDS);
        String auth = login ? "auth:\n  htpasswd:\n    realm: test\n    path: " + passwords + "\n" : "";
        Path config = Files.writeString(
                directory.resolve("config.yml"), """
                version: 0.1
                log:
                  level: warn
                storage:
                  filesystem:
                    rootdirectory: %s
                http:
                  addr: 127.0.0.1:%d
                %s""".formatted(directory.resolve("data"), port, auth));
        Process process = new ProcessBuilder(
                        TestPrograms.find("docker-registry").toString(), "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            }
        });
        return new TestRegistry(port, process);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
