/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.testbed.Sample;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A container that cannot be upgraded safely is refused when it is registered, in one line, and nothing is done to it. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadContainerIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);

    private StandInContainers standIns;
    private DockerContainers containers;
    private Cli uplift;

    @BeforeAll
    void open() {
        standIns = StandInContainers.open();
        containers = standIns.containers();
        uplift = Cli.of(standIns.product());
    }

    @AfterAll
    void close() {
        standIns.close();
        containers.docker().attempt(List.of("rmi", containers.name("unpulled")), "");
    }

    /** Every third; all of them take four minutes. */
    List<Arguments> containers() {
        String jre = DockerContainers.JRE_IMAGE;
        return Sample.of(
                List.of(
                        bad("an option as a name", () -> "-v/:/h", "container"),
                        bad("a path", () -> "../metabase", "container"),
                        bad("a blank", () -> "meta base", "container"),
                        bad("a line break", () -> "meta\nbase", "control character"),
                        bad(
                                "an id's beginning",
                                () -> run("--name", containers.name("by-id"), jre, "sleep", "600")
                                        .substring(0, 12),
                                "there is no container"),
                        bad("nobody", () -> containers.name("nobody"), "there is no container"),
                        bad("one that is stopped", this::stopped, "does not run"),
                        bad("one without a JAR", () -> named("no-jar"), "runs no JAR"),
                        bad("an image from nowhere", this::unpulled, "was not pulled from a registry"),
                        bad("a port that nobody reaches", this::unpublished, "is not published"),
                        bad(
                                "one that goes away when it ends",
                                () -> standIn("gone", "--rm", "--volume", "/metabase.db"),
                                "--rm"),
                        bad("a pod", () -> standIn("pod", "--label", "io.kubernetes.pod.name=x"), "Kubernetes"),
                        bad("H2 in no volume", () -> standIn("h2"), "--extract-h2")),
                3);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("containers")
    void aContainerThatCannotBeUpgradedIsRefusedInOneLine(String what, Supplier<String> container, String words)
            throws IOException {
        String name = container.get();
        List<JsonNode> before = containers.ids().stream().map(this::state).toList();
        List<Path> known = known();

        Cli.Outcome outcome = uplift.run("add", "--name", "bad-container", "--container", name);

        assertThat(outcome.exit()).as("%s: %s", what, outcome).isIn(1, 2);
        assertThat(outcome.err().lines().findFirst().orElse("")).contains(words);
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
        assertThat(containers.ids().stream().map(this::state).toList()).isEqualTo(before);
        assertThat(known()).isEqualTo(known);
    }

    @Test
    void anH2DatabaseIsMovedToAVolumeWithEveryRowWhenTheOperatorAllowsIt() throws Exception {
        String name = "container-h2";
        StandInContainers.Started started = standIns.start(name, "--restart", "always");
        Awaitility.await().atMost(END_MAX).until(started.api()::healthy);
        try (RowWriter writer = RowWriter.start(started.api().uri(), name, 25)) {
            Awaitility.await().atMost(END_MAX).until(() -> writer.acknowledgedCount() > 10);
            Cli.Outcome added = uplift.run("add", "--name", name, "--container", containers.name(name), "--extract-h2");
            assertThat(added.exit()).as("%s", added).isZero();
            Awaitility.await().atMost(END_MAX).until(started.api()::healthy);
            JsonNode moved = standIns.inspect(name);
            assertThat(moved.at("/Mounts").toString()).contains(containers.name(name) + "-h2");
            assertThat(moved.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("always");

            Awaitility.await().atMost(END_MAX).until(() -> started.api().healthy() && !writer.failing());
            assertThat(started.api().version()).contains(StandInContainers.OLD);
            RowCheck rows = RowCheck.of(started.api().uri(), writer.stop());
            assertThat(rows.lostCount()).as("%s", rows).isZero();
        } finally {
            containers.docker().attempt(List.of("rm", "--force", containers.name(name)), "");
            containers.docker().attempt(List.of("volume", "rm", containers.name(name) + "-h2"), "");
        }
    }

    private String run(String... optionsImageCommand) {
        return containers.run(optionsImageCommand).reference();
    }

    private String named(String ending) {
        String name = containers.name(ending);
        run("--name", name, DockerContainers.JRE_IMAGE, "sleep", "600");
        return name;
    }

    private String stopped() {
        String name = containers.name("stopped");
        run("--name", name, DockerContainers.JRE_IMAGE, "true");
        Awaitility.await().until(() -> !containers.named(name).running());
        return name;
    }

    /** Served, with these options. */
    private String standIn(String name, String... options) {
        StandInContainers.Started started = standIns.start("bad-" + name, options);
        Awaitility.await().atMost(END_MAX).until(started.api()::healthy);
        return containers.name("bad-" + name);
    }

    /** An image of its own: the one that it is made of has been pushed and pulled by others. */
    private String unpulled() {
        String name = containers.name("unpulled");
        String made = StandInImages.image(containers.docker(), StandInContainers.OLD);
        containers.docker().run("commit", containers.create(made).reference(), name);
        run("--name", name, "--publish", "127.0.0.1:" + StandInContainers.freePort() + ":3000", name);
        Awaitility.await()
                .atMost(END_MAX)
                .until(() -> containers.named(name).logs().contains("COMPLETE"));
        return name;
    }

    private String unpublished() {
        String name = containers.name("unpublished");
        standIns.pullOld();
        run("--name", name, standIns.old().reference());
        Awaitility.await()
                .atMost(END_MAX)
                .until(() -> containers.named(name).logs().contains("COMPLETE"));
        return name;
    }

    private JsonNode state(String id) {
        return containers.named(id).inspect().path("State");
    }

    /** What the product keeps of containers. */
    private List<Path> known() throws IOException {
        Path directory = standIns.product().home().resolve("containers");
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static Arguments bad(String what, Supplier<String> container, String words) {
        return Arguments.of(what, container, words);
    }
}
