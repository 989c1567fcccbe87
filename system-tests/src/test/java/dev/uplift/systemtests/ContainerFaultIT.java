/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.testbed.Sample;
import dev.uplift.testbed.containers.Docker;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is missing before a container is stopped leaves it running; what somebody does to it afterwards is found out. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainerFaultIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);
    private static final String NAME = "container-untouched";

    private StandInContainers standIns;
    private Installed installed;
    private Registry.Pushed other;

    @BeforeAll
    void open() {
        standIns = StandInContainers.open();
        standIns.registry().standIn(StandInContainers.NEW);
        other = standIns.registry().standIn("v0.52.1");
        installed = standIns.install(NAME, "");
    }

    @AfterAll
    void close() {
        standIns.close();
    }

    /** Something that is wrong before the stop. */
    @FunctionalInterface
    interface Wrong {
        AutoCloseable begin() throws Exception;
    }

    /** A fault, and how an upgrade must say it. */
    record Missing(String what, Wrong wrong, UpgradeRequested request, StepName step, ErrorCode code, String words) {
        @Override
        public String toString() {
            return what;
        }
    }

    Stream<Missing> missing() {
        String nobodys = "ab".repeat(32);
        return Stream.of(
                new Missing(
                        "the registry is down when the tag is looked up",
                        this::down,
                        StandInContainers.request(NAME, "v0.51.7"),
                        StepName.FETCH,
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "does not accept connections"),
                new Missing(
                        "the registry is down when the digest is pulled",
                        this::down,
                        standIns.pinned(NAME, "v0.51.2", nobodys),
                        StepName.STAGE,
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "cannot be had from its registry"),
                new Missing(
                        "what listens there is no registry",
                        this::babbling,
                        standIns.pinned(NAME, "v0.51.2", nobodys),
                        StepName.STAGE,
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "cannot be had from its registry"),
                new Missing(
                        "there is no such tag",
                        () -> () -> {},
                        StandInContainers.request(NAME, "v0.51.9"),
                        StepName.FETCH,
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "has no tag v0.51.9"),
                new Missing(
                        "the digest is gone",
                        () -> () -> {},
                        standIns.pinned(NAME, "v0.51.2", nobodys),
                        StepName.STAGE,
                        ErrorCode.ARTIFACT_UNAVAILABLE,
                        "is the tag or digest published in"),
                new Missing(
                        "the digest is that of another version",
                        () -> () -> {},
                        standIns.pinned(NAME, "v0.51.3", sha256(other)),
                        StepName.STAGE,
                        ErrorCode.ARTIFACT_WRONG,
                        "holds v0.52.1, asked for is v0.51.3"),
                new Missing(
                        "a URL",
                        () -> () -> {},
                        new UpgradeRequested(
                                UUID.randomUUID(),
                                null,
                                List.of(NAME),
                                "v0.51.4",
                                null,
                                URI.create("https://downloads.example.org/metabase.jar"),
                                null,
                                Dashboard.LIMITS),
                        StepName.FETCH,
                        ErrorCode.INVALID,
                        "not from a URL"),
                new Missing(
                        "somebody has the name of the container that is looked into",
                        () -> named(standIns.containers().name(NAME) + "-uplift-look"),
                        StandInContainers.request(NAME, StandInContainers.NEW),
                        StepName.STAGE,
                        ErrorCode.HOST_UNEXPECTED,
                        "is taken by container"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("missing")
    void whatIsMissingBeforeTheStopLeavesTheContainerRunning(Missing missing) throws Exception {
        JsonNode before = standIns.inspect(NAME);
        List<String> ids = standIns.containers().ids();
        UpgradeStatus ended;
        try (AutoCloseable _ = missing.wrong().begin()) {
            ended = standIns.product().awaitEnd(standIns.product().beginUpgrade(missing.request()), END_MAX);
        }

        assertThat(ended.state()).as("%s", ended).isEqualTo(State.ROLLED_BACK);
        UpgradeStatus.Failure failure = Objects.requireNonNull(ended.failure());
        assertThat(failure.step()).as("%s", failure).isEqualTo(missing.step());
        assertThat(failure.code()).as("%s", failure).isEqualTo(missing.code());
        assertThat(failure.detail()).contains(missing.words());
        assertThat(ended.outageBeganAt()).isNull();
        assertThat(ended.steps())
                .filteredOn(step -> step.step().compareTo(missing.step()) > 0)
                .isNotEmpty()
                .allMatch(step -> step.state() == StepState.PENDING);
        JsonNode after = standIns.inspect(NAME);
        assertThat(after.path("Id")).isEqualTo(before.path("Id"));
        assertThat(after.at("/State/StartedAt")).isEqualTo(before.at("/State/StartedAt"));
        assertThat(after.at("/HostConfig/RestartPolicy")).isEqualTo(before.at("/HostConfig/RestartPolicy"));
        assertThat(installed.api().version()).contains(StandInContainers.OLD);
        assertThat(standIns.containers().ids()).containsExactlyElementsOf(ids);
        assertThat(standIns.containers()
                        .docker()
                        .attempt(List.of("image", "inspect", other.pinned()), "")
                        .ok())
                .as("what was pulled for nothing is gone again")
                .isFalse();
    }

    /** Something that somebody does to the container while the swap-service is dead at a point. */
    @FunctionalInterface
    interface Deed {
        void take(String container, String oldId);
    }

    /**
     * A deed, and what comes of it.
     *
     * @param words of the failure; empty: there is none
     * @param amends what the operator does if it is parked, before it is retried
     */
    record Meddling(String what, String point, Deed deed, State ends, String words, Deed amends, State afterRetry) {
        @Override
        public String toString() {
            return what;
        }
    }

    /** Every second; all of them take three minutes. */
    List<Meddling> meddlings() {
        Deed nothing = (container, oldId) -> {};
        return Sample.of(
                List.of(
                        new Meddling(
                                "somebody takes the name that the old container was to have",
                                "swap.stop.outage:AFTER",
                                (container, oldId) -> named(container + "-uplift-" + oldId.substring(0, 12)),
                                State.ROLLED_BACK,
                                "is taken by container",
                                nothing,
                                State.ROLLED_BACK),
                        new Meddling(
                                "somebody takes the container's name in the middle of the switch",
                                "swap.container.aside:AFTER",
                                (container, oldId) -> named(container),
                                State.PARKED,
                                "by somebody else after the backup was taken",
                                (container, oldId) -> docker("rm", "--force", container),
                                State.PARKED),
                        new Meddling(
                                "somebody removes the new container",
                                "swap.container.create:AFTER",
                                (container, oldId) -> docker("rm", container),
                                State.COMPLETED,
                                "",
                                nothing,
                                State.COMPLETED),
                        new Meddling(
                                "somebody starts the old container beside the new one",
                                "swap.start.start:BEFORE",
                                (container, oldId) -> docker("start", oldId),
                                State.PARKED,
                                "another version runs in",
                                (container, oldId) -> docker("stop", oldId),
                                State.COMPLETED),
                        new Meddling(
                                "somebody removes the old container",
                                "swap.container.create:AFTER",
                                (container, oldId) -> docker("rm", oldId),
                                State.PARKED,
                                "was removed by somebody",
                                nothing,
                                State.PARKED)),
                2);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("meddlings")
    void whatSomebodyDoesInTheMiddleIsFoundOutAndCostsNoRow(Meddling meddling) throws Exception {
        Product product = standIns.product();
        String name = "container-meddled-" + Integer.toHexString(meddling.what().hashCode());
        String container = standIns.containers().name(name);
        Installed meddled = standIns.install(name, "");
        String oldId = standIns.inspect(name).path("Id").asText();
        try (RowWriter writer = RowWriter.start(meddled.api().uri(), name, 25)) {
            Awaitility.await("rows").atMost(END_MAX).until(() -> writer.acknowledgedCount() > 10);
            product.arm("swap", meddling.point() + ":1");
            UUID upgrade = product.beginUpgrade(StandInContainers.request(name, StandInContainers.NEW));
            Awaitility.await("the kill").atMost(END_MAX).until(() -> product.killed("swap"));
            meddling.deed().take(container, oldId);
            UpgradeStatus ended = product.awaitEnd(upgrade, END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(meddling.ends());
            if (!meddling.words().isEmpty()) {
                assertThat(Objects.requireNonNull(ended.failure()).detail()).contains(meddling.words());
            }
            if (ended.state() == State.PARKED) {
                assertThat(standIns.containers()
                                .named(oldIdOr(container, oldId))
                                .inspect()
                                .at("/HostConfig/RestartPolicy/Name")
                                .asText())
                        .isEqualTo("no");
                meddling.amends().take(container, oldId);
                assertThat(Cli.of(product).run("retry", name, "--no-wait").err())
                        .isEmpty();
                ended = product.awaitEnd(upgrade, END_MAX);
                assertThat(ended.state()).as("%s", ended).isEqualTo(meddling.afterRetry());
            }
            assertThat(meddled.ledger().get().violations()).isEmpty();
            if (ended.state() != State.PARKED) {
                assertThat(standIns.inspect(name)
                                .at("/HostConfig/RestartPolicy/Name")
                                .asText())
                        .isEqualTo("always");
                Awaitility.await(name + " to take rows again")
                        .atMost(END_MAX)
                        .until(() -> meddled.api().healthy() && !writer.failing());
                RowCheck rows = RowCheck.of(meddled.api().uri(), writer.stop());
                assertThat(rows.lostCount()).as("%s", rows).isZero();
            }
        } finally {
            product.disarm("swap");
        }
    }

    private String oldIdOr(String container, String oldId) {
        return standIns.containers().find(oldId).isPresent() ? oldId : container;
    }

    private AutoCloseable down() {
        standIns.registry().stop();
        return () -> standIns.registry().start();
    }

    /** Something else answers on the registry's port. */
    private AutoCloseable babbling() throws IOException {
        standIns.registry().stop();
        String address = standIns.registry().address();
        ServerSocket server = new ServerSocket(
                Integer.parseInt(address.substring(address.indexOf(':') + 1)), 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write("220 mail.example.org\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException closed) {
                    return;
                }
            }
        });
        return () -> {
            server.close();
            standIns.registry().start();
        };
    }

    private AutoCloseable named(String container) {
        DockerContainer theirs =
                standIns.containers().run("--name", container, DockerContainers.JRE_IMAGE, "sleep", "600");
        return theirs::remove;
    }

    private void docker(String... words) {
        Docker docker = standIns.containers().docker();
        docker.run(words);
    }

    private static String sha256(Registry.Pushed image) {
        return image.digest().substring("sha256:".length());
    }
}
