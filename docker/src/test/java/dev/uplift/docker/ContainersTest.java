/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.testbed.containers.RequiresDocker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every operation on a real engine, and every operation twice. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainersTest {
    private static final String INSTALLATION = "5a5a5a5a-0000-0000-0000-000000000001";
    private static final Duration GRACE = Duration.ofSeconds(10);

    private TestEngine test;
    private Containers containers;
    private ImageReference image;
    private int count;

    @BeforeAll
    void prepare() throws Exception {
        test = new TestEngine();
        containers = test.engine.containers();
        image = test.image(test.name("app"), "1");
    }

    @AfterAll
    void clean() throws Exception {
        test.close();
    }

    @Test
    void aContainerIsStoppedWithItsGraceAndIsProvenToBe() throws Exception {
        String id = running(TestEngine.sleeping(image));
        containers.restartPolicy(id, new RestartPolicy("always", 0));
        containers.restartPolicy(id, RestartPolicy.NO);
        containers.restartPolicy(id, RestartPolicy.NO);
        ContainerInspection stopped = containers.stop(id, GRACE);
        assertThat(stopped.pid()).isZero();
        assertThat(stopped.status()).isEqualTo("exited");
        assertThat(stopped.exitCode()).isEqualTo(143);
        assertThat(containers.stop(id, GRACE).startedAt()).isEqualTo(stopped.startedAt());
    }

    @Test
    void oneThatDoesNotHearIsKilledAfterTheGrace() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode().put("Image", image.toString());
        body.withArrayProperty("Cmd")
                .add("/bin/sh")
                .add("-c")
                .add("trap '' TERM; echo ready; while :; do sleep 1; done");
        String id = running(body);
        assertThat(containers.stop(id, Duration.ofSeconds(1)).exitCode()).isEqualTo(137);
    }

    @Test
    void aRestartPolicyIsChangedAndBroughtBack() throws Exception {
        String id = test.create(next(), TestEngine.sleeping(image)).id();
        RestartPolicy original = new RestartPolicy("on-failure", 3);
        containers.restartPolicy(id, original);
        assertThat(containers.inspect(id).restartPolicy()).isEqualTo(original);
        containers.restartPolicy(id, new RestartPolicy("unless-stopped", 0));
        assertThat(containers.inspect(id).restartPolicy().name()).isEqualTo("unless-stopped");
    }

    @Test
    void aNameIsGivenOnceAndNeverTakenFromAnother() throws Exception {
        ContainerInspection one = test.create(next(), TestEngine.sleeping(image));
        ContainerInspection other = test.create(next(), TestEngine.sleeping(image));
        String name = next();
        containers.rename(one.id(), name);
        containers.rename(one.id(), name);
        assertThat(containers.inspect(one.id()).name()).isEqualTo(name);
        assertThatThrownBy(() -> containers.rename(other.id(), name))
                .isInstanceOf(NameTakenException.class)
                .hasMessageContaining(one.shortId());
    }

    @Test
    void creatingTwiceMakesOneContainerInAllItsNetworks() throws Exception {
        String first = test.network("a" + count, "10.213.0.0/24");
        String second = test.network("b" + count, "10.214.0.0/24");
        ObjectNode body = labelled(INSTALLATION);
        body.withObjectProperty("HostConfig").put("NetworkMode", first);
        CreateRequest request =
                new CreateRequest(next(), "linux/amd64", body, Map.of(second, TestEngine.JSON.objectNode()));
        String id = containers.create(request);
        assertThat(containers.create(request)).isEqualTo(id);
        assertThat(containers.inspect(id).raw().at("/NetworkSettings/Networks").properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder(first, second);
        assertThat(containers.list(Map.of(UpliftLabels.INSTALLATION, INSTALLATION, UpliftLabels.REQUEST, "")))
                .contains(id);
    }

    @Test
    void anOrphanOfTheSameInstallationIsReplaced() throws Exception {
        String name = next();
        String orphan = containers.create(new CreateRequest(name, "linux/amd64", labelled(INSTALLATION), Map.of()));
        ObjectNode other = labelled(INSTALLATION);
        other.put("WorkingDir", "/tmp");
        String id = containers.create(new CreateRequest(name, "linux/amd64", other, Map.of()));
        assertThat(id).isNotEqualTo(orphan);
        assertThat(containers.find(orphan)).isEmpty();
    }

    @Test
    void aContainerOfSomebodyElseKeepsItsName() throws Exception {
        String name = next();
        ContainerInspection theirs = test.create(name, TestEngine.sleeping(image));
        CreateRequest request = new CreateRequest(name, "linux/amd64", labelled(INSTALLATION), Map.of());
        assertThatThrownBy(() -> containers.create(request))
                .isInstanceOf(NameTakenException.class)
                .hasMessageContaining("not ours");
        assertThat(containers.find(theirs.id())).isPresent();

        String ran = next();
        String ours = containers.create(new CreateRequest(ran, "linux/amd64", labelled(INSTALLATION), Map.of()));
        containers.start(ours);
        containers.stop(ours, Duration.ZERO);
        ObjectNode other = labelled(INSTALLATION);
        other.put("WorkingDir", "/tmp");
        assertThatThrownBy(() -> containers.create(new CreateRequest(ran, "linux/amd64", other, Map.of())))
                .isInstanceOf(NameTakenException.class);
    }

    @Test
    void startingAndRemovingTwiceIsFine() throws Exception {
        String id = running(TestEngine.sleeping(image));
        String startedAt = containers.inspect(id).startedAt();
        containers.start(id);
        assertThat(containers.inspect(id).startedAt()).isEqualTo(startedAt);
        assertThatThrownBy(() -> containers.remove(id)).isInstanceOf(DockerRefusedException.class);
        containers.kill(id);
        assertThat(containers.awaitExit(id, GRACE)).contains(137);
        containers.kill(id);
        containers.remove(id);
        containers.remove(id);
        assertThat(containers.find(id)).isEmpty();
    }

    @Test
    void waitingForAnEndHasAnEnd() throws Exception {
        String id = running(TestEngine.sleeping(image));
        assertThat(containers.awaitExit(id, Duration.ofMillis(300))).isEmpty();
        containers.stop(id, GRACE);
        assertThat(containers.awaitExit(id, GRACE)).contains(143);
    }

    @Test
    void logsAreReadSinceAMarkAndCut() throws Exception {
        ObjectNode body = TestEngine.JSON.objectNode().put("Image", image.toString());
        body.withArrayProperty("Cmd").add("/bin/sh").add("-c").add("echo out; echo err >&2; sleep 1; echo late");
        ContainerInspection container = test.create(next(), body);
        containers.start(container.id());
        assertThat(containers.awaitExit(container.id(), GRACE)).contains(0);
        ContainerLogs logs = test.engine.logs();
        assertThat(logs.since(container, Optional.empty(), 1000).orElseThrow()).contains("out\n", "err\n", "late\n");
        Instant started = Instant.parse(containers.inspect(container.id()).startedAt());
        assertThat(logs.since(container, Optional.of(started.plusMillis(600)), 1000))
                .contains("late\n");
        assertThat(logs.since(container, Optional.empty(), 3)).contains("te\n");
    }

    @Test
    void aLogDriverThatKeepsNothingIsSaidSo() throws Exception {
        ObjectNode body = TestEngine.sleeping(image);
        body.withObjectProperty("HostConfig").withObjectProperty("LogConfig").put("Type", "none");
        ContainerInspection container = test.create(next(), body);
        containers.start(container.id());
        assertThat(test.engine.logs().since(container, Optional.empty(), 1000)).isEmpty();
    }

    @Test
    void aCommandRunsWithTheNodesVariablesVolumesAndNetworkAndNothingIsLeft() throws Exception {
        String network = test.network("c" + count, "10.215.0.0/24");
        ObjectNode body = TestEngine.JSON.objectNode().put("Image", image.toString());
        body.withArrayProperty("Entrypoint").add("/bin/sh").add("-c");
        body.withArrayProperty("Cmd").add("sleep 100");
        body.withArrayProperty("Env").add("MB_DB_HOST=database");
        body.withObjectProperty("Volumes").putObject("/data");
        ObjectNode hostConfig = body.withObjectProperty("HostConfig");
        hostConfig.put("NetworkMode", network);
        hostConfig
                .withObjectProperty("PortBindings")
                .withArrayProperty("80/tcp")
                .addObject()
                .put("HostPort", "18090");
        body.withObjectProperty("NetworkingConfig")
                .withObjectProperty("EndpointsConfig")
                .withObjectProperty(network)
                .withObjectProperty("IPAMConfig")
                .put("IPv4Address", "10.215.0.9");
        ContainerInspection node = test.create(next(), body);
        test.engine.files().put(node.id(), "/data", "kept", "content".getBytes(StandardCharsets.US_ASCII), 0644, 0, 0);
        containers.start(node.id());

        ImageInspection itsImage = test.engine.images().find(node.imageId()).orElseThrow();
        CreateRequest asNode = new Recreation(node, itsImage, "").of(image, test.ours(INSTALLATION));
        CreateRequest command = OneOff.request(
                asNode, next(), List.of("echo $MB_DB_HOST \"$(cat /data/kept)\" $HOSTNAME; echo oops >&2; exit 3"));
        OneOff.Ended ended = test.engine.oneOff().end(test.engine.oneOff().begin(command), GRACE);

        assertThat(ended.exitCode()).contains(3);
        assertThat(ended.output()).contains("database content", "oops");
        assertThat(containers.find(command.name())).isEmpty();
        assertThat(containers.inspect(node.id()).lives()).isTrue();
    }

    @Test
    void aCommandThatDoesNotEndIsKilledAndRemoved() throws Exception {
        ContainerInspection node = test.create(next(), TestEngine.sleeping(image));
        ImageInspection itsImage = test.engine.images().find(node.imageId()).orElseThrow();
        CreateRequest asNode = new Recreation(node, itsImage, "").of(image, test.ours(INSTALLATION));
        CreateRequest command = OneOff.request(asNode, next(), List.of("sleep", "1000"));
        String id = test.engine.oneOff().begin(command);
        assertThat(test.engine.oneOff().end(id, Duration.ofSeconds(1)).exitCode())
                .isEmpty();
        assertThat(containers.find(command.name())).isEmpty();
    }

    @Test
    void aProjectOfComposeIsRecognised() throws Exception {
        ObjectNode body = TestEngine.sleeping(image);
        body.withObjectProperty("Labels")
                .put("com.docker.compose.project", "shop")
                .put("com.docker.compose.service", "metabase")
                .put("com.docker.compose.project.working_dir", "/srv/shop")
                .put("com.docker.compose.project.config_files", "/srv/shop/docker-compose.yml,override.yml");
        ComposeService service = ComposeService.of(test.create(next(), body)).orElseThrow();
        assertThat(service.project()).isEqualTo("shop");
        assertThat(service.files())
                .extracting(Object::toString)
                .containsExactly("/srv/shop/docker-compose.yml", "/srv/shop/override.yml");
        assertThat(ComposeService.of(test.create(next(), TestEngine.sleeping(image))))
                .isEmpty();
    }

    private ObjectNode labelled(String installation) {
        ObjectNode body = TestEngine.sleeping(image);
        test.ours(installation).forEach(body.withObjectProperty("Labels")::put);
        return body;
    }

    private String running(ObjectNode body) throws Exception {
        ContainerInspection container = test.create(next(), body);
        containers.start(container.id());
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> test.engine
                        .logs()
                        .since(container, Optional.empty(), 1000)
                        .orElseThrow()
                        .contains("ready"));
        return container.id();
    }

    private String next() {
        return test.name("c" + count++);
    }
}
