package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.httpclient5.ApacheDockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** The engine of this machine, and what one test makes on it: all of that is removed at the end. */
final class TestEngine implements AutoCloseable {
    static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String LABEL = "dev.uplift.test";
    private static final String NOBODY = Base64.getUrlEncoder().encodeToString("{}".getBytes(StandardCharsets.UTF_8));

    final String mark = UUID.randomUUID().toString().substring(0, 8);
    final DockerEngine engine;
    final EngineHttp http;

    TestEngine() throws IOException, InterruptedException {
        engine = DockerEngine.connect(DockerEndpoint.LOCAL);
        http = new EngineHttp(
                "the engine",
                "start it",
                new ApacheDockerHttpClient.Builder()
                        .dockerHost(URI.create("unix:///var/run/docker.sock"))
                        .maxConnections(20)
                        .build(),
                () -> "");
        http.speak(engine.version().spoken().toString());
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
        EngineRequest request = EngineRequest.post("/build").query("t", repository + ":" + tag);
        String log = http.read(
                request.stream(new ByteArrayInputStream(context.toByteArray())),
                body -> new String(body.readAllBytes(), StandardCharsets.UTF_8));
        if (log.contains("\"error\"")) {
            throw new IOException(log);
        }
        return ImageReference.parse(repository + ":" + tag);
    }

    /** Pushes an image and says its digest. */
    ImageReference push(ImageReference image) throws Exception {
        String log = http.read(
                EngineRequest.post("/images/{}/push", image.name())
                        .query("tag", String.valueOf(image.tag()))
                        .header("X-Registry-Auth", NOBODY),
                body -> new String(body.readAllBytes(), StandardCharsets.UTF_8));
        if (log.contains("\"error\"")) {
            throw new IOException(log);
        }
        ImageInspection pushed = engine.images().find(image).orElseThrow();
        return pushed.repoDigests().stream()
                .filter(known -> known.repository().equals(image.repository()))
                .findFirst()
                .orElseThrow();
    }

    /** Creates a container as told; its labels get ours. */
    ContainerInspection create(String name, ObjectNode body) throws Exception {
        body.withObjectProperty("Labels").put(LABEL, mark);
        String id = http.call(EngineRequest.post("/containers/create")
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
        ObjectNode body = JSON.objectNode().put("Name", name(part));
        body.withObjectProperty("Labels").put(LABEL, mark);
        body.withObjectProperty("IPAM").withArrayProperty("Config").addObject().put("Subnet", subnet);
        http.call(EngineRequest.post("/networks/create").json(body));
        return name(part);
    }

    String volume(String part) throws Exception {
        ObjectNode body = JSON.objectNode().put("Name", name(part));
        body.withObjectProperty("Labels").put(LABEL, mark);
        http.call(EngineRequest.post("/volumes/create").json(body));
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
        http.close();
        engine.close();
    }

    private void clean() throws IOException, InterruptedException {
        for (String id : engine.containers().list(Map.of(LABEL, mark))) {
            http.call(EngineRequest.delete("/containers/{}", id)
                    .query("force", "1")
                    .query("v", "1"));
        }
        String filter = "{\"label\":[\"" + LABEL + "=" + mark + "\"]}";
        for (JsonNode network : http.call(EngineRequest.get("/networks").query("filters", filter))) {
            http.call(EngineRequest.delete("/networks/{}", network.path("Id").asText()));
        }
        for (JsonNode volume : http.call(EngineRequest.get("/volumes").query("filters", filter))
                .path("Volumes")) {
            http.call(EngineRequest.delete("/volumes/{}", volume.path("Name").asText()));
        }
        for (JsonNode image : http.call(EngineRequest.get("/images/json").query("filters", filter))) {
            http.call(EngineRequest.delete("/images/{}", image.path("Id").asText())
                    .query("force", "1"));
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
