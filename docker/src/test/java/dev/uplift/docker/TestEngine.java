/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.command.InspectVolumeResponse;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.Image;
import com.github.dockerjava.api.model.Network;
import com.github.dockerjava.api.model.ResponseItem;
import com.github.dockerjava.api.model.ResponseItem.ErrorDetail;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;

/** The engine of this machine, and what one test makes on it: all of that is removed at the end. */
final class TestEngine implements AutoCloseable {
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String LABEL = "dev.uplift.test";

    final String mark = UUID.randomUUID().toString().substring(0, 8);
    final DockerEngine engine;
    final EngineClient client;

    TestEngine() throws IOException, InterruptedException {
        engine = DockerEngine.connect(DockerEndpoint.LOCAL);
        client = engine.client;
    }

    /** A name that nobody else has. */
    String name(String part) {
        return "uplift-test-" + mark + "-" + part;
    }

    /**
     * An image of busybox with these instructions of a Dockerfile, such as {@code ENV A=1}. It has no layer in common
     * with any other one, so that the engine can remove it, and has all of it to pull, whatever else it keeps.
     */
    ImageReference image(String repository, String tag, String... instructions) throws Exception {
        StringBuilder dockerfile = new StringBuilder("FROM scratch\nADD root.tar /\n");
        dockerfile.append("LABEL ").append(LABEL).append('=').append(mark).append('\n');
        for (String instruction : instructions) {
            dockerfile.append(instruction).append('\n');
        }
        ByteArrayOutputStream context = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(context)) {
            file(tar, "Dockerfile", 0644, dockerfile.toString().getBytes(StandardCharsets.UTF_8));
            file(tar, "root.tar", 0644, busybox(tag));
        }
        client.stream(docker -> {
            Failure failure = new Failure();
            docker.buildImageCmd(new ByteArrayInputStream(context.toByteArray()))
                    .withTags(Set.of(repository + ":" + tag))
                    .exec(new AnswerCallback<>(failure::add))
                    .await();
            return failure.none();
        });
        return ImageReference.parse(repository + ":" + tag);
    }

    /** Pushes an image and says its digest. */
    ImageReference push(ImageReference image) throws Exception {
        client.stream(docker -> {
            Failure failure = new Failure();
            docker.pushImageCmd(image.name())
                    .withTag(String.valueOf(image.tag()))
                    .withAuthConfig(new AuthConfig())
                    .exec(new AnswerCallback<>(failure::add))
                    .await();
            return failure.none();
        });
        ImageInspection pushed = engine.images().find(image).orElseThrow();
        return pushed.repoDigests().stream()
                .filter(known -> known.repository().equals(image.repository()))
                .findFirst()
                .orElseThrow();
    }

    /** Creates a container as told; its labels get ours. */
    ContainerInspection create(String name, ObjectNode body) throws Exception {
        body.withObjectProperty("Labels").put(LABEL, mark);
        String id = client.call(EngineRequest.post("/containers/create")
                        .query("name", name)
                        .json(body))
                .path("Id")
                .asText();
        return engine.containers().inspect(id);
    }

    /** What a container of busybox that sleeps needs; a SIGTERM ends it. */
    static ObjectNode sleeping(ImageReference image) {
        ObjectNode body = JSON.objectNode().put("Image", image.toString());
        body.withArrayProperty("Cmd")
                .add("/bin/sh")
                .add("-c")
                .add("trap 'exit 143' TERM; echo ready; while :; do sleep 0.1; done");
        return body;
    }

    String network(String part, String subnet) throws Exception {
        client.ask(docker -> docker.createNetworkCmd()
                .withName(name(part))
                .withLabels(Map.of(LABEL, mark))
                .withIpam(new Network.Ipam().withConfig(new Network.Ipam.Config().withSubnet(subnet)))
                .exec());
        return name(part);
    }

    String volume(String part) throws Exception {
        client.ask(docker -> docker.createVolumeCmd()
                .withName(name(part))
                .withLabels(Map.of(LABEL, mark))
                .exec());
        return name(part);
    }

    Map<String, String> ours(String installation) {
        return Map.of(LABEL, mark, UpliftLabels.INSTALLATION, installation, UpliftLabels.EPOCH, "7");
    }

    @Override
    public void close() throws IOException {
        try {
            clean();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        engine.close();
    }

    private void clean() throws IOException, InterruptedException {
        List<String> ours = List.of(LABEL + "=" + mark);
        for (String id : engine.containers().list(Map.of(LABEL, mark))) {
            client.ask(docker -> docker.removeContainerCmd(id)
                    .withForce(true)
                    .withRemoveVolumes(true)
                    .exec());
        }
        client.ask(docker -> {
            for (Network network :
                    docker.listNetworksCmd().withFilter("label", ours).exec()) {
                docker.removeNetworkCmd(network.getId()).exec();
            }
            for (InspectVolumeResponse volume :
                    docker.listVolumesCmd().withFilter("label", ours).exec().getVolumes()) {
                docker.removeVolumeCmd(volume.getName()).exec();
            }
            for (Image image :
                    docker.listImagesCmd().withLabelFilter(ours.getFirst()).exec()) {
                docker.removeImageCmd(image.getId()).withForce(true).exec();
            }
            return true;
        });
    }

    /** What a build or a push failed of, if it did. */
    private static final class Failure {
        private volatile @Nullable ErrorDetail failed;

        void add(ResponseItem item) {
            if (item.getErrorDetail() != null) {
                failed = item.getErrorDetail();
            }
        }

        boolean none() throws IOException {
            if (failed != null) {
                throw new IOException(failed.getMessage());
            }
            return true;
        }
    }

    private static byte[] busybox(String version) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (String directory : List.of("bin/", "etc/", "tmp/", "data/", "run/", "home/")) {
                tar.putArchiveEntry(new TarArchiveEntry(directory));
                tar.closeArchiveEntry();
            }
            file(tar, "bin/busybox", 0755, Files.readAllBytes(TestPrograms.find("busybox")));
            file(
                    tar,
                    "etc/passwd",
                    0644,
                    "root:x:0:0::/:/bin/sh\napp:x:1234:1234::/:/bin/sh\n".getBytes(StandardCharsets.US_ASCII));
            file(tar, "version", 0644, version.getBytes(StandardCharsets.US_ASCII));
            file(tar, "made", 0644, UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII));
            for (String applet : List.of("sh", "sleep", "echo", "cat", "env", "true", "ls")) {
                TarArchiveEntry link = new TarArchiveEntry("bin/" + applet, TarArchiveEntry.LF_SYMLINK);
                link.setLinkName("busybox");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, int mode, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(mode);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}
