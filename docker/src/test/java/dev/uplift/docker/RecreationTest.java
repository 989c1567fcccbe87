/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.testbed.containers.RequiresDocker;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real engine: what is created of the old image and recreated of the new one is what would have been created. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecreationTest {
    private static final String[] OLD = {
        "ENV PATH=/bin",
        "ENV SHARED=image",
        "ENV ONLY_OLD=1",
        "LABEL shared=image",
        "LABEL only-old=1",
        "LABEL com.docker.compose.version=1",
        "ENTRYPOINT [\"/bin/echo\", \"old\"]",
        "CMD [\"old-command\"]",
        "EXPOSE 3000 3001",
        "VOLUME /data",
        "USER app",
        "WORKDIR /data",
        "STOPSIGNAL SIGTERM",
        "HEALTHCHECK --interval=30s --retries=2 CMD old-check"
    };
    private static final String[] NEW = {
        "ENV PATH=/bin:/new",
        "ENV SHARED=newer",
        "ENV ONLY_NEW=1",
        "LABEL shared=newer",
        "LABEL only-new=1",
        "ENTRYPOINT [\"/bin/echo\", \"new\"]",
        "CMD [\"new-command\"]",
        "EXPOSE 3000 3002",
        "VOLUME /data",
        "USER root",
        "WORKDIR /tmp",
        "STOPSIGNAL SIGQUIT",
        "HEALTHCHECK --interval=40s --timeout=3s --retries=3 CMD new-check"
    };

    private TestEngine test;
    private ImageReference oldImage;
    private ImageReference sameImage;
    private ImageReference newImage;
    private EveryOption options;
    private int count;

    @BeforeAll
    void prepare() throws Exception {
        test = new TestEngine();
        oldImage = test.image(test.name("app"), "1", OLD);
        sameImage = test.image(test.name("app"), "2", OLD);
        newImage = test.image(test.name("app"), "3", NEW);
        String neighbour = test.name("neighbour");
        ObjectNode body = TestEngine.sleeping(oldImage);
        body.withObjectProperty("Volumes").putObject("/neighbours");
        test.create(neighbour, body);
        options = new EveryOption(
                test.network("first", "10.211.0.0/24"),
                test.network("second", "10.212.0.0/24"),
                test.volume("volume"),
                neighbour);
    }

    @AfterAll
    void clean() throws Exception {
        test.close();
    }

    @Test
    void aContainerWithEveryOptionSetDiffersInImageAndOursAlone() throws Exception {
        ContainerInspection before = create(oldImage, options.all());
        test.engine
                .networks()
                .connect(
                        before,
                        options.secondNetwork(),
                        new ObjectMapper()
                                .readTree(
                                        "{\"IPAMConfig\":{\"IPv4Address\":\"10.212.0.88\"},\"Aliases\":[\"second\"]}"));
        before = test.engine.containers().inspect(before.id());
        ContainerInspection after = recreate(before, sameImage);

        assertThat(InspectDiff.between(before, after))
                .extracting(InspectDiff.Difference::path)
                .filteredOn(path -> !isNamelessVolume(path))
                .containsExactlyInAnyOrder(
                        "/Config/Image",
                        "/Image",
                        "/Config/Labels/dev.uplift.installation",
                        "/Config/Labels/dev.uplift.epoch",
                        "/Config/Labels/dev.uplift.request",
                        "/HostConfig/RestartPolicy/Name",
                        "/HostConfig/RestartPolicy/MaximumRetryCount");
        assertThat(volumes(after)).isEqualTo(volumes(before)).hasSizeGreaterThan(3);
        assertThat(after.raw().path("Config").path("Hostname").asText()).isEqualTo("reports");
        assertThat(after.raw()
                        .at("/NetworkSettings/Networks/" + options.secondNetwork() + "/IPAMConfig/IPv4Address")
                        .asText())
                .isEqualTo("10.212.0.88");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whatOnlyCameFromTheOldImageComesFromTheNewOne(int seed) throws Exception {
        ContainerInspection before = create(oldImage, options.some(new Random(seed)));
        ContainerInspection after = recreate(before, newImage);
        ContainerInspection wanted = create(newImage, options.some(new Random(seed)));

        Predicate<String> ours = path -> path.startsWith("/Config/Labels/dev.uplift.")
                || path.startsWith("/HostConfig/RestartPolicy")
                || path.equals("/Config/Labels/com.docker.compose.version")
                || path.equals("/Name");
        assertThat(InspectDiff.between(wanted, after))
                .filteredOn(difference -> !ours.test(difference.path()) && !isNamelessVolume(difference.path()))
                .isEmpty();
        assertThat(volumes(after)).containsAllEntriesOf(volumes(before));
    }

    @Test
    void aSecondUpgradeChangesNothingMore() throws Exception {
        ContainerInspection first = recreate(create(oldImage, options.all()), sameImage);
        ContainerInspection second = recreate(first, sameImage);
        assertThat(InspectDiff.between(first, second)).isEmpty();
    }

    @Test
    void aClearedEntryPointStaysCleared() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        body.withArrayProperty("Entrypoint").add("");
        body.withArrayProperty("Cmd").add("/bin/true");
        ContainerInspection after = recreate(create(oldImage, body), newImage);
        assertThat(after.raw().at("/Config/Entrypoint").isNull()).isTrue();
        assertThat(after.raw().at("/Path").asText()).isEqualTo("/bin/true");
    }

    @Test
    void anOwnEntryPointWithTheImagesCommandKeepsIt() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        body.withArrayProperty("Entrypoint").add("/bin/env");
        body.withArrayProperty("Cmd").add("old-command");
        ContainerInspection after = recreate(create(oldImage, body), newImage);
        assertThat(after.raw().at("/Config/Cmd/0").asText()).isEqualTo("old-command");
        assertThat(after.raw().at("/Config/Entrypoint/0").asText()).isEqualTo("/bin/env");
    }

    @Test
    void theImagesEntryPointGivenWithoutACommandGetsNoCommand() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        body.withArrayProperty("Entrypoint").add("/bin/echo").add("old");
        ContainerInspection before = create(oldImage, body);
        assertThat(before.raw().at("/Config/Cmd").isNull()).isTrue();
        ContainerInspection after = recreate(before, newImage);
        assertThat(after.raw().at("/Config/Cmd").isNull()).isTrue();
        assertThat(after.raw().at("/Config/Entrypoint/1").asText()).isEqualTo("old");
    }

    @Test
    void oneFieldOfTheHealthCheckIsKeptAndTheOthersFollowTheImage() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode();
        body.withObjectProperty("Healthcheck").put("Interval", 99_000_000_000L);
        ContainerInspection after = recreate(create(oldImage, body), newImage);
        assertThat(after.raw().at("/Config/Healthcheck/Interval").asLong()).isEqualTo(99_000_000_000L);
        assertThat(after.raw().at("/Config/Healthcheck/Test/1").asText()).isEqualTo("new-check");
        assertThat(after.raw().at("/Config/Healthcheck/Retries").asInt()).isEqualTo(3);
    }

    @Test
    void theHostsNetworkAndAnotherContainersNetworkAreKept() throws Exception {
        ObjectNode host = TestEngine.JSON.objectNode();
        host.withObjectProperty("HostConfig").put("NetworkMode", "host");
        ContainerInspection hosts = create(oldImage, host);
        assertThat(InspectDiff.between(hosts, recreate(hosts, sameImage)))
                .extracting(InspectDiff.Difference::path)
                .allMatch(RecreationTest::isOurs);

        ObjectNode shared = TestEngine.JSON.objectNode();
        shared.withObjectProperty("HostConfig").put("NetworkMode", "container:" + options.neighbour());
        ContainerInspection sharing = create(oldImage, shared);
        assertThat(InspectDiff.between(sharing, recreate(sharing, sameImage)))
                .extracting(InspectDiff.Difference::path)
                .allMatch(RecreationTest::isOurs);
    }

    @Test
    void linksOfTheDefaultNetworkAreReadBackAsTheyWereGiven() throws Exception {
        String target = test.name("linked");
        ContainerInspection linked = test.create(target, TestEngine.sleeping(sameImage));
        test.engine.containers().start(linked.id());
        ObjectNode body = TestEngine.JSON.objectNode();
        body.withObjectProperty("HostConfig").withArrayProperty("Links").add(target + ":database");
        ContainerInspection before = create(oldImage, body);
        ContainerInspection after = recreate(before, sameImage);
        assertThat(after.raw().at("/HostConfig/Links/0").asText())
                .isEqualTo("/" + target + ":/" + after.name() + "/database");
    }

    @Test
    void aContainerThatHasLeftTheNetworkOfItsModeIsCreatedInTheOneItIsIn() throws Exception {
        ContainerInspection before = create(oldImage, TestEngine.JSON.objectNode());
        test.engine.networks().connect(before, options.secondNetwork(), TestEngine.JSON.objectNode());
        ObjectNode leave =
                TestEngine.JSON.objectNode().put("Container", before.id()).put("Force", true);
        test.client.call(EngineRequest.post("/networks/bridge/disconnect").json(leave));
        before = test.engine.containers().inspect(before.id());
        ContainerInspection after = recreate(before, sameImage);
        assertThat(after.raw().at("/NetworkSettings/Networks").properties())
                .singleElement()
                .satisfies(network -> assertThat(network.getKey()).isEqualTo(options.secondNetwork()));
    }

    private ContainerInspection create(ImageReference image, ObjectNode body) throws Exception {
        body.put("Image", image.toString());
        return test.create(test.name("c" + count++), body);
    }

    private ContainerInspection recreate(ContainerInspection before, ImageReference image) throws Exception {
        Containers containers = test.engine.containers();
        ImageInspection itsImage = test.engine.images().find(before.imageId()).orElseThrow();
        String host = test.engine.info().getName();
        CreateRequest request =
                new Recreation(before, itsImage, host).of(image, test.ours("5a5a5a5a-0000-0000-0000-000000000000"));
        containers.rename(before.id(), before.name() + "-" + before.shortId());
        return containers.inspect(containers.create(request));
    }

    private static Map<String, String> volumes(ContainerInspection container) {
        Map<String, String> volumes = new TreeMap<>();
        container.raw().path("Mounts").forEach(mount -> {
            if (mount.path("Type").asText().equals("volume")) {
                volumes.put(
                        mount.path("Destination").asText(), mount.path("Name").asText());
            }
        });
        return volumes;
    }

    private static boolean isNamelessVolume(String path) {
        List<String> places = List.of("/data", "/own-nameless", "/mounted-nameless", "/neighbours");
        return places.stream()
                .anyMatch(place -> path.startsWith("/Mounts/" + place + "/")
                        || (path.startsWith("/HostConfig/Binds/[") && path.contains(":" + place))
                        || (path.startsWith("/HostConfig/Mounts/[") && path.contains("\"" + place + "\"")));
    }

    private static boolean isOurs(String path) {
        return path.equals("/Config/Image")
                || path.equals("/Image")
                || path.startsWith("/Config/Labels/dev.uplift.")
                || path.startsWith("/HostConfig/RestartPolicy")
                || isNamelessVolume(path);
    }
}
