/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.InspectDiff;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeAddress;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.Observation;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.worker.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real containers of the stand-in, images in a real registry; every step dies at every effect and is taken again. */
@Tag("docker")
@RequiresDocker
class DockerNodeTest {
    private static DockerRig.Images images;
    private DockerRig rig;
    private String volume;

    @BeforeAll
    static void push() {
        images = DockerRig.Images.push();
    }

    @AfterAll
    static void forget() {
        images.close();
    }

    @BeforeEach
    void prepare() throws Exception {
        rig = new DockerRig(images);
        volume = rig.containers.volume("data");
    }

    @AfterEach
    void clean() throws Exception {
        rig.close();
    }

    private ContainerInspection running() throws Exception {
        return rig.run(
                "--volume",
                volume + ":/data",
                "--env",
                "MB_DB_FILE=/data/metabase.db",
                "--restart",
                "always",
                "--hostname",
                "reports",
                "--label",
                "team=data",
                "--env",
                "MB_SITE_URL=http://reports.example.com");
    }

    @Test
    void anUpgradeReplacesTheImageAndNothingElseThoughDyingEverywhere() throws Exception {
        ContainerInspection before = running();
        Observation observed = rig.preflight();
        assertThat(observed.sha256()).isEqualTo(DockerRig.sha256(images.old()));
        assertThat(observed.inPlace())
                .isInstanceOfSatisfying(
                        VersionReading.Known.class,
                        known -> assertThat(known.version().text()).isEqualTo(DockerRig.OLD));
        rig.step(work -> rig.node.stage(work));
        assertThat(rig.engine.containers().inspect(before.id()).lives()).isTrue();
        rig.node
                .launchRecord()
                .requireAsChecked(rig.work(), rig.node.instances().running().getFirst());
        rig.stop();
        rig.step(work -> rig.node.switchOver(work));
        assertThat(rig.node.inPlace().sha256()).isEqualTo(DockerRig.sha256(images.next()));
        assertThat(rig.node.instances().running()).isEmpty();
        Instance instance = rig.start(DockerRig.NEW);
        assertThat(rig.node.instances().running()).containsExactly(instance);
        rig.step(work -> rig.node.release(work, SwapEffect.COMMIT_AUTOSTART));
        rig.step(work -> rig.node.commit(work));

        ContainerInspection after = rig.engine.containers().inspect(rig.name);
        assertThat(after.restartPolicy()).isEqualTo(before.restartPolicy());
        assertThat(InspectDiff.between(before, after))
                .extracting(InspectDiff.Difference::path)
                .containsExactlyInAnyOrder(
                        "/Config/Image",
                        "/Image",
                        "/Config/Labels/dev.uplift.recipe",
                        "/Config/Labels/" + UpliftLabels.INSTALLATION,
                        "/Config/Labels/" + UpliftLabels.NODE,
                        "/Config/Labels/" + UpliftLabels.EPOCH,
                        "/Config/Labels/" + UpliftLabels.REQUEST);
        ContainerInspection old = rig.engine.containers().inspect(before.id());
        assertThat(old.lives()).isFalse();
        assertThat(old.restartPolicy().name()).isEqualTo("no");
    }

    @Test
    void aPortThatTheEngineChoosesIsAskedForAfterEachStart() throws Exception {
        rig.runUnpublished("--publish-all", "--volume", volume + ":/data", "--env", "MB_DB_FILE=/data/metabase.db");
        NodeAddress registered = rig.node.address(rig.profile);
        assertThat(rig.check().all())
                .anySatisfy(
                        check -> assertThat(check.detail()).startsWith("3000/tcp is published on a port that changes"));
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        assertThat(rig.node.address(rig.profile)).isInstanceOf(NodeAddress.None.class);
        rig.node.switchOver(rig.work());
        rig.start(DockerRig.NEW);
        assertThat(rig.node.address(rig.profile))
                .isInstanceOf(NodeAddress.At.class)
                .isNotEqualTo(registered);
    }

    @Test
    void aContainerThatEndedWithItsEngineBeforeTheCommitRunsAfterIt() throws Exception {
        running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        rig.node.switchOver(rig.work());
        rig.start(DockerRig.NEW);
        rig.engine.containers().kill(rig.engine.containers().inspect(rig.name).id());

        rig.step(work -> rig.node.release(work, SwapEffect.COMMIT_AUTOSTART));

        assertThat(rig.engine.containers().inspect(rig.name).lives()).isTrue();
    }

    @Test
    void aWayBackEndsWithTheVeryContainerThatRanBefore() throws Exception {
        ContainerInspection before = running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        rig.node.switchOver(rig.work());
        rig.start(DockerRig.NEW);
        rig.nextEpoch();
        rig.stop();
        rig.step(work -> rig.node.revert(work));
        assertThat(rig.engine.containers().inspect(rig.name).id()).isEqualTo(before.id());
        rig.node.release(rig.work(), SwapEffect.RESUME_AUTOSTART);
        assertThat(InspectDiff.between(before, rig.engine.containers().inspect(before.id())))
                .isEmpty();
        assertThat(rig.containers.ids().stream()
                        .filter(id -> rig.containers
                                .named(id)
                                .inspect()
                                .at("/Name")
                                .asText()
                                .contains("metabase")))
                .containsExactly(before.id());
        assertThatThrownBy(() -> rig.node.switchOver(rig.staleWork())).isInstanceOf(FencedException.class);
    }

    @Test
    void aContainerOfANewerEpochIsNotRemovedEvenIfTheFenceIsGone() throws Exception {
        running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        rig.nextEpoch();
        rig.node.switchOver(rig.work());
        String next = rig.engine.containers().inspect(rig.name).id();
        Files.delete(rig.directory.resolve(".uplift/fence"));

        assertThatThrownBy(() -> rig.node.revert(rig.staleWork()))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("newer command");
        assertThat(rig.engine.containers().inspect(rig.name).id()).isEqualTo(next);
    }

    @Test
    void aPullThatFailsLeavesTheApplicationRunning() throws Exception {
        ContainerInspection before = running();
        rig.preflight();
        rig.target("ab".repeat(32));
        images.registry().stop();
        try {
            assertThatThrownBy(() -> rig.node.stage(rig.work())).isInstanceOfSatisfying(StepFailure.class, failed -> {
                assertThat(failed.code()).isEqualTo(ErrorCode.ARTIFACT_UNAVAILABLE);
                assertThat(failed.isRetryable()).isTrue();
            });
        } finally {
            images.registry().start();
        }
        assertThat(rig.engine.containers().inspect(before.id()).startedAt()).isEqualTo(before.startedAt());
    }

    @Test
    void anImageOfAnotherVersionThanAskedForIsRefusedBeforeTheStop() throws Exception {
        running();
        rig.preflight();
        rig.target(DockerRig.sha256(images.other()));
        assertThatThrownBy(() -> rig.node.stage(rig.work()))
                .isInstanceOfSatisfying(
                        StepFailure.class, failed -> assertThat(failed.code()).isEqualTo(ErrorCode.ARTIFACT_WRONG));
        assertThat(rig.node.instances().running()).hasSize(1);
    }

    @Test
    void aContainerThatSomebodyPutInThePlaceIsNotTouched() throws Exception {
        ContainerInspection before = running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        rig.engine.containers().rename(before.id(), rig.name + "-moved");
        String theirs =
                rig.containers.create("--name", rig.name, images.old().pinned()).reference();
        assertThatThrownBy(() -> rig.node.switchOver(rig.work()))
                .isInstanceOfSatisfying(
                        StepFailure.class, failed -> assertThat(failed.code()).isEqualTo(ErrorCode.INTERFERED));
        assertThat(rig.engine.containers().inspect(rig.name).id()).isEqualTo(theirs);
    }

    @Test
    void anH2DatabaseInTheContainerItselfIsRefusedAndOneInAVolumeIsFound() throws Exception {
        rig.run();
        assertThat(rig.database())
                .isInstanceOfSatisfying(
                        NodeDatabase.Unsupported.class,
                        refused -> assertThat(refused.reason()).contains("in no volume", "--extract-h2"));
        rig.engine.containers().kill(rig.name);
        rig.engine.containers().remove(rig.name);
        running();
        assertThat(rig.database())
                .isInstanceOfSatisfying(
                        NodeDatabase.Supported.class,
                        supported -> assertThat(supported.spec())
                                .isInstanceOfSatisfying(
                                        DatabaseSpec.H2.class,
                                        h2 -> assertThat(Path.of(h2.path())).exists()));
    }

    @Test
    void anH2DatabaseInTheContainerItselfIsMovedToAVolumeAndKeptInTheOldContainer() throws Exception {
        ContainerInspection before = rig.run("--restart", "unless-stopped");
        String moved = rig.containers.volume("moved");
        ContainerInspection after = new H2Extraction(rig.engine, Duration.ofSeconds(30))
                .extract(before, Path.of("/metabase.db.mv.db"), moved);
        rig.awaitHealthy(DockerRig.OLD);
        assertThat(InspectDiff.between(before, after))
                .extracting(InspectDiff.Difference::path)
                .allMatch(path -> path.startsWith("/Mounts//metabase.db")
                        || path.startsWith("/HostConfig/Binds")
                        || path.equals("/Config/Labels/" + UpliftLabels.REQUEST));
        assertThat(rig.database()).isInstanceOf(NodeDatabase.Supported.class);
        assertThat(rig.engine.containers().inspect(before.id()).lives()).isFalse();
    }

    @Test
    void anExtractionThatFailsLeavesTheOldContainerRunning() throws Exception {
        ContainerInspection before = rig.run("--restart", "unless-stopped");
        H2Extraction extraction = new H2Extraction(rig.engine, Duration.ofSeconds(30));
        assertThatThrownBy(() -> extraction.extract(before, Path.of("/metabase.db.mv.db"), "no/volume"))
                .isInstanceOf(Exception.class);
        rig.awaitHealthy(DockerRig.OLD);
        ContainerInspection now = rig.engine.containers().inspect(rig.name);
        assertThat(now.id()).isEqualTo(before.id());
        assertThat(now.restartPolicy()).isEqualTo(before.restartPolicy());
        assertThatThrownBy(() -> extraction.extract(before, Path.of("/elsewhere/db.mv.db"), "v"))
                .hasMessageContaining("there is no /elsewhere/db.mv.db");
    }

    @Test
    void anExtractionThatFindsItsNameTakenTouchesNobodysContainer() throws Exception {
        ContainerInspection before = rig.run("--restart", "unless-stopped");
        String theirs = rig.containers
                .create("--name", rig.name + "-uplift-h2", images.old().pinned())
                .reference();
        H2Extraction extraction = new H2Extraction(rig.engine, Duration.ofSeconds(30));
        assertThatThrownBy(() -> extraction.extract(before, Path.of("/metabase.db.mv.db"), rig.name + "-h2"))
                .hasMessageContaining("is taken by container");
        rig.awaitHealthy(DockerRig.OLD);
        assertThat(rig.engine.containers().inspect(rig.name).id()).isEqualTo(before.id());
        assertThat(rig.engine.containers().find(theirs)).isPresent();
    }

    @Test
    void whatStandsInTheWayIsSaidBeforeAnythingIsStopped() throws Exception {
        rig.run(
                "--rm",
                "--label",
                "com.docker.compose.project=shop",
                "--label",
                "com.docker.compose.service=metabase",
                "--label",
                "com.docker.compose.project.config_files=/srv/shop/docker-compose.yml");
        rig.containers.run("--network", "container:" + rig.name, images.old().pinned(), "version");
        List<Check> checks = rig.check().all();
        assertThat(checks)
                .filteredOn(check -> check.verdict() == Check.Verdict.FAIL)
                .extracting(Check::name)
                .contains("auto-remove");
        assertThat(checks)
                .filteredOn(check -> check.name().equals("compose"))
                .singleElement()
                .satisfies(check -> assertThat(check.detail())
                        .contains(
                                "/srv/shop/docker-compose.yml",
                                "write image: "
                                        + images.next().reference().replaceFirst(":[^:]*$", ":" + DockerRig.NEW)));
        assertThat(rig.node.composed(rig.work(), rig.node.observe(rig.profile, rig.probe)))
                .hasValueSatisfying(composed -> {
                    assertThat(composed.service()).isEqualTo("metabase");
                    assertThat(composed.files()).containsExactly("/srv/shop/docker-compose.yml");
                    assertThat(composed.from()).contains(images.old().pinned());
                    assertThat(composed.to()).endsWith(":" + DockerRig.NEW);
                });
        assertThat(checks)
                .filteredOn(check -> check.name().equals("own-files"))
                .singleElement()
                .satisfies(check -> assertThat(check.detail()).contains("/metabase.db"));
    }

    @Test
    void aCommandOfTheNewVersionRunsOnTheNodesOwnDatabase() throws Exception {
        running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        CommandEnd ended = rig.node
                .commands()
                .run(rig.work(), rig.version(DockerRig.NEW), List.of("migrate", "up"), Duration.ofSeconds(60));
        assertThat(ended.succeeded()).as(ended.output()).isTrue();
        assertThat(rig.node.instances().running()).isEmpty();
    }

    @Test
    void aCommandWhoseWorkerWasKilledIsEndedAndClearedAway() throws Exception {
        running();
        rig.preflight();
        rig.node.stage(rig.work());
        rig.stop();
        // Without arguments the image serves, so that this command never ends by itself.
        rig.dieBefore(
                SwapEffect.COMMAND_CLEAR,
                work -> rig.node.commands().run(work, rig.version(DockerRig.NEW), List.of(), Duration.ofSeconds(60)));
        assertThat(rig.node.instances().running()).hasSize(1);

        rig.step(work -> rig.node.commands().clear(work, Duration.ofSeconds(1)));

        assertThat(rig.node.instances().running()).isEmpty();
        assertThat(rig.engine.containers().list(Map.of(UpliftLabels.PURPOSE, UpliftLabels.COMMAND)))
                .isEmpty();
        assertThat(rig.engine.containers().find(rig.name)).isPresent();
    }

    @Test
    void anEndThatSomebodyCausedIsToldFromOneByItself() throws Exception {
        ContainerInspection container = running();
        rig.preflight();
        rig.step(work -> rig.node.hold(work, SwapEffect.STOP_AUTOSTART));
        Instance instance = rig.node.instances().running().getFirst();
        assertThat(rig.node.instances().runs(instance)).isTrue();
        rig.engine.containers().stop(container.id(), Duration.ofSeconds(30));
        assertThat(rig.node.instances().runs(instance)).isFalse();
        assertThat(rig.node.instances().endedBy(instance))
                .hasValueSatisfying(text -> assertThat(text).contains("by somebody"));
        ApplicationVersion version = rig.work().version(rig.work().command().from());
        Instance again =
                rig.node.start(rig.work(), SwapEffect.RESUME_START, version).orElseThrow();
        assertThat(again.identity()).isNotEqualTo(instance.identity());
    }
}
