/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A real registry on a loopback port, without a tag at first. It can be stopped and started again, with the same port and
 * content. Removed with its {@link DockerContainers}.
 *
 * <p>Layers stay in a volume of the engine that all registries share: to compress and push those of the base images takes
 * longer than most tests. A layer that an earlier registry was given is there already in every later one's {@link
 * #STAND_IN}, as if it had been pushed there under another tag.
 */
public final class Registry {
    /** Of a registry with access control. */
    public static final String USER = "operator";

    /** Of a registry with access control. */
    public static final String PASSWORD = "open-sesame-registry";

    private static final String PASSWORD_LINE =
            USER + ":$2b$05$jlwKc7tYITkfFcDBdhJBIeEqmUzW.QZnejUclJI0J6HGnEr2/Df5K\n";

    private static final String STAND_IN = "metabase/metabase";
    private static final String LAYERS = "uplift-test-layers";

    /** The registry renames what it was sent, so all of it lies in one volume. */
    private static final String START = """
            set -e
            all=/registries/$(hostname)/docker/registry/v2
            mkdir -p /registries/blobs $all/repositories
            ln -sfn /registries/blobs $all/blobs
            for blob in $(ls -d /registries/blobs/sha256/*/* 2>/dev/null); do
              hash=$(basename $blob)
              layer=$all/repositories/%s/_layers/sha256/$hash
              mkdir -p $layer
              printf sha256:$hash >$layer/link
            done
            export REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/registries/$(hostname)
            exec docker-registry serve /registry/config.yml
            """.formatted(STAND_IN);

    private static final Duration START_MAX = Duration.ofSeconds(30);

    private final DockerContainers containers;
    private final DockerContainer container;
    private final int port;
    private final boolean locked;

    private Registry(DockerContainers containers, DockerContainer container, int port, boolean locked) {
        this.containers = containers;
        this.container = container;
        this.port = port;
        this.locked = locked;
    }

    /** What a push made: {@code reference} with the tag, and the digest, {@code sha256:...}. */
    public record Pushed(String repository, String tag, String digest) {
        public String reference() {
            return repository + ":" + tag;
        }

        public String pinned() {
            return repository + "@" + digest;
        }
    }

    /** One that everybody may read and write. */
    public static Registry start(DockerContainers containers) {
        return start(containers, false, freePort());
    }

    /** One that asks for {@link #USER} and {@link #PASSWORD}. */
    public static Registry startLocked(DockerContainers containers) {
        return startLocked(containers, freePort());
    }

    /** The same on a port that is free. */
    public static Registry startLocked(DockerContainers containers, int port) {
        return start(containers, true, port);
    }

    private static Registry start(DockerContainers containers, boolean locked, int port) {
        containers.docker().run("volume", "create", "--label", "dev.uplift.recipe=layers", LAYERS);
        DockerContainer container = containers.create(
                "--publish",
                "127.0.0.1:" + port + ":5000",
                "--volume",
                LAYERS + ":/registries",
                DockerContainers.HOST_IMAGE,
                "sh",
                "/registry/start.sh");
        try {
            Path files = Files.createTempDirectory("uplift-registry");
            Files.writeString(files.resolve("config.yml"), config(locked));
            Files.writeString(files.resolve("passwords"), PASSWORD_LINE);
            Files.writeString(files.resolve("start.sh"), START);
            container.copyIn(files.toString(), Path.of("/registry"));
            SystemdHosts.delete(files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Registry registry = new Registry(containers, container, port, locked);
        registry.start();
        return registry;
    }

    private static String config(boolean locked) {
        return """
            version: 0.1
            log: {level: warn}
            storage:
              filesystem: {}
              delete: {enabled: true}
            http: {addr: ":5000"}
            """ + (locked ? "auth: {htpasswd: {realm: uplift, path: /registry/passwords}}\n" : "");
    }

    /** {@code 127.0.0.1:port}, the first part of its repositories' names. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Pushes {@link #STAND_IN} of that version: the image of {@link StandInImages}. */
    public Pushed standIn(String tag) {
        return push(StandInImages.image(containers.docker(), tag), STAND_IN, tag);
    }

    /** Pushes an image of the engine; the engine does not keep it under the registry's name. */
    public Pushed push(String image, String repository, String tag) {
        String reference = address() + "/" + repository + ":" + tag;
        Docker docker = containers.docker();
        docker.run("tag", image, reference);
        try {
            String said = locked ? loggedIn("push", reference) : docker.run("push", reference);
            String digest = said.lines()
                    .filter(line -> line.contains("digest: "))
                    .map(line -> line.replaceFirst(".*digest: (\\S+).*", "$1"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(said));
            return new Pushed(address() + "/" + repository, tag, digest);
        } finally {
            docker.run("rmi", reference);
        }
    }

    /** Pulls what was pushed to the engine, as somebody who has logged in. */
    public void pull(Pushed pushed) {
        if (locked) {
            loggedIn("pull", pushed.reference());
        } else {
            containers.docker().run("pull", "--quiet", pushed.reference());
        }
    }

    private String loggedIn(String verb, String reference) {
        try {
            Path config = Files.createTempDirectory("uplift-login");
            try {
                List<String> login = new ArrayList<>(List.of("--config", config.toString(), "login"));
                login.addAll(List.of("--username", USER, "--password-stdin", address()));
                Docker.Result result = containers.docker().attempt(login, PASSWORD);
                if (!result.ok()) {
                    throw new IllegalStateException(result.errors());
                }
                return containers.docker().run("--config", config.toString(), verb, reference);
            } finally {
                SystemdHosts.delete(config);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Down: connections are refused until {@link #start()}. */
    public void stop() {
        container.kill();
    }

    /** Up again. */
    public void start() {
        container.start();
        HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address() + "/v2/"))
                .timeout(Duration.ofSeconds(3))
                .build();
        await("an answer of the registry " + address()).atMost(START_MAX).until(() -> answers(http, request));
    }

    private static boolean answers(HttpClient http, HttpRequest request) {
        try {
            int status =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status == 200 || status == 401;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
