/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Fence;
import dev.uplift.host.FenceToken;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.standin.StandInServer;
import dev.uplift.swap.node.jar.LaunchCapture;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RefusalTest {
    private String oldSha256 = "";

    @BeforeEach
    void release() {
        oldSha256 = Rig.release(Rig.OLD).sha256();
    }

    @Test
    void commandOfAnOldEpochTouchesNothing() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release(Rig.OLD, "oss", oldSha256, null));
            rig.to(Rig.NEW);
            rig.epoch = 9;
            rig.succeed(StepName.STAGE, DO);
            rig.epoch = 8;

            assertThat(rig.fail(StepName.SWITCH, DO).code()).isEqualTo(ErrorCode.FENCED);
            assertThat(rig.fail(StepName.STAGE, UNDO).code()).isEqualTo(ErrorCode.FENCED);
            assertThat(rig.fail(StepName.STOP, UNDO).code()).isEqualTo(ErrorCode.FENCED);
            assertThat(rig.fail(StepName.COMMIT, DO).code()).isEqualTo(ErrorCode.FENCED);

            assertThat(Files.readSymbolicLink(rig.directory.resolve("current")))
                    .isEqualTo(Path.of("releases", oldSha256));
            assertThat(rig.directory.resolve("releases/" + Rig.release(Rig.NEW).sha256()))
                    .isDirectory();
            assertThat(Rig.HOST.processes().runningJarsIn(rig.directory)).isEmpty();
            rig.epoch = 10;
            rig.succeed(StepName.SWITCH, DO);
        }
    }

    @Test
    void runThatWasTakenOverTouchesNothing() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            FenceToken takenOver = FenceToken.of(rig.command(StepName.STAGE, DO), 2);
            Rig.HOST.fence(rig.directory).hold(takenOver).close();

            assertThat(rig.fail(StepName.STAGE, DO).code()).isEqualTo(ErrorCode.FENCED);
        }
    }

    @Test
    void directoryThatBecameALinkIsRefusedByEveryStep() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            Path elsewhere = rig.directory.resolveSibling(rig.directory.getFileName() + "-moved");
            Files.move(rig.directory, elsewhere);
            Files.createSymbolicLink(rig.directory, elsewhere);
            try {
                for (StepName step : new StepName[] {
                    StepName.PREFLIGHT, StepName.STAGE, StepName.STOP, StepName.SWITCH, StepName.START, StepName.COMMIT
                }) {
                    StepOutcome.Failed failed = rig.fail(step, DO);
                    assertThat(failed.code()).as(step.name()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
                    assertThat(failed.detail()).contains("symbolic link");
                }
            } finally {
                Files.delete(rig.directory);
                Files.move(elsewhere, rig.directory);
            }
        }
    }

    @Test
    void releasesThatAreALinkAreNotWrittenThrough() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            Path victim = Files.createDirectory(rig.directory.resolve("victim"));
            Files.move(rig.directory.resolve("releases"), rig.directory.resolve("moved"));
            Files.createSymbolicLink(rig.directory.resolve("releases"), victim);

            assertThat(rig.fail(StepName.STAGE, DO).code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
            assertThat(victim).isEmptyDirectory();
        }
    }

    @Test
    void jarThatSomebodyReplacedWhileItWasStoppedIsNotAdopted() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release(Rig.OLD, "oss", oldSha256, null));
            rig.to(Rig.NEW);
            rig.succeed(StepName.STAGE, DO);
            Path jar = rig.directory.resolve("metabase.jar");
            Files.delete(jar);
            Files.writeString(jar, "somebody's");

            assertThat(rig.fail(StepName.SWITCH, DO).code()).isEqualTo(ErrorCode.INTERFERED);
            assertThat(jar).hasContent("somebody's");
            assertThat(rig.fail(StepName.SWITCH, UNDO).code()).isEqualTo(ErrorCode.INTERFERED);
        }
    }

    @Test
    void whatSomebodyStartedAfterTheBackupLeavesOnlyTheWayBack() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release(Rig.OLD, "oss", oldSha256, null));
            rig.to(Rig.NEW);
            rig.succeed(StepName.STAGE, DO);
            Process somebody = IdleJar.run(
                    rig.directory, Map.of("MB_JETTY_PORT", Integer.toString(freePort())), IdleJar.java("metabase.jar"));
            try {
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> !Rig.HOST
                                .processes()
                                .runningJarsIn(rig.directory)
                                .isEmpty());
                assertThat(rig.fail(StepName.SWITCH, DO).code()).isEqualTo(ErrorCode.BACKUP_OUTDATED);
            } finally {
                somebody.destroyForcibly().waitFor();
            }

            rig.epoch++;
            StepOutcome.Failed failed = rig.fail(StepName.SWITCH, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.BACKUP_OUTDATED);
            assertThat(failed.detail())
                    .contains("process " + somebody.pid() + " was started")
                    .contains("cancel");
            rig.succeed(StepName.SWITCH, UNDO);
            assertThat(Files.readSymbolicLink(rig.directory.resolve("current")))
                    .isEqualTo(Path.of("releases", oldSha256));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void foreignLinkInTheJarsPlaceIsRefused() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            Path jar = rig.directory.resolve("metabase.jar");
            Files.delete(jar);
            Files.createSymbolicLink(jar, Path.of("/etc/passwd"));

            StepOutcome.Failed failed = rig.fail(StepName.SWITCH, DO);
            assertThat(failed.code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
            assertThat(failed.detail()).contains("did not make");
        }
    }

    @Test
    void damagedReleaseIsFoundBeforeTheApplicationIsStoppedForIt() throws Exception {
        try (Rig rig = new Rig()) {
            StandInServer server = rig.launch(Rig.OLD).start().awaitHealthy(Rig.START);
            rig.register();
            rig.to(Rig.NEW);
            rig.succeed(StepName.STAGE, DO);
            Path staged = rig.directory
                    .resolve("releases")
                    .resolve(Rig.release(Rig.NEW).sha256())
                    .resolve("metabase.jar");
            try (FileChannel channel = FileChannel.open(staged, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {7}), 5_000);
            }

            StepOutcome.Failed failed = rig.fail(StepName.STOP, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
            assertThat(failed.detail()).contains("missing or damaged");
            assertThat(server.healthy()).isTrue();
            Files.delete(staged);
            assertThat(rig.fail(StepName.STOP, DO).code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
            assertThat(server.healthy()).isTrue();
        }
    }

    @Test
    void noJarIsReadWhileTheApplicationIsDown() throws Exception {
        try (Rig rig = new Rig()) {
            StandInServer _ = rig.launch(Rig.OLD).start().awaitHealthy(Rig.START);
            rig.register();
            rig.to(Rig.NEW);
            rig.succeed(StepName.STAGE, DO);
            rig.succeed(StepName.STOP, DO);
            Path staged = rig.directory
                    .resolve("releases")
                    .resolve(Rig.release(Rig.NEW).sha256())
                    .resolve("metabase.jar");
            long jarBytes = Files.size(staged);
            long before = bytesRead();

            rig.succeed(StepName.SWITCH, DO);

            assertThat(bytesRead() - before).isLessThan(jarBytes / 2);
            before = bytesRead();
            rig.succeed(StepName.START, DO);
            assertThat(bytesRead() - before).isLessThan(jarBytes / 2);
        }
    }

    /** By this thread, which takes the steps, from files and from sockets. */
    private static long bytesRead() throws IOException {
        return Files.readAllLines(Path.of("/proc/thread-self/io")).stream()
                .filter(line -> line.startsWith("rchar: "))
                .mapToLong(line -> Long.parseLong(line.substring("rchar: ".length())))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void damagedReleaseIsNeitherSwitchedToNorRevertedTo() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release(Rig.OLD, "oss", oldSha256, null));
            Path jar = rig.directory.resolve("releases/" + oldSha256 + "/metabase.jar");
            Files.writeString(jar, "bits flipped");

            assertThat(rig.fail(StepName.SWITCH, DO).detail()).contains("damaged");
            assertThat(rig.fail(StepName.SWITCH, UNDO).detail()).contains("damaged");
        }
    }

    @Test
    void stagingRefusesWhatIsNotTheArtifact() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            Artifact good = rig.command(StepName.STAGE, DO).artifacts().getFirst();
            rig.artifact(new Artifact("0".repeat(64), good.sizeBytes(), Rig.NEW, null, good.location(), true));
            assertThat(rig.fail(StepName.STAGE, DO).code()).isEqualTo(ErrorCode.ARTIFACT_WRONG);
            rig.artifact(new Artifact(good.sha256(), 10, Rig.NEW, null, good.location(), true));
            assertThat(rig.fail(StepName.STAGE, DO).code()).isEqualTo(ErrorCode.ARTIFACT_WRONG);
            rig.artifact(new Artifact(
                    good.sha256(), good.sizeBytes(), Rig.NEW, null, URI.create("file:///etc/passwd"), true));
            assertThat(rig.fail(StepName.STAGE, DO).code()).isEqualTo(ErrorCode.ARTIFACT_ADDRESS_REFUSED);
            assertThat(rig.directory.resolve(".uplift/incoming")).isEmptyDirectory();
            try (var releases = Files.list(rig.directory.resolve("releases"))) {
                assertThat(releases).extracting(Path::getFileName).containsExactly(Path.of(oldSha256));
            }
        }
    }

    @Test
    void jarThatWasCompiledForANewerJavaThanTheHostHasIsRefusedBeforeAnythingIsStopped() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            Artifact good = rig.command(StepName.STAGE, DO).artifacts().getFirst();
            rig.artifact(compiledFor(good, 99));

            StepOutcome.Failed refused = rig.fail(StepName.STAGE, DO);

            assertThat(refused.code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
            assertThat(refused.detail()).contains("v0.51.2 needs Java 99 or newer");
            assertThat(rig.directory.resolve("releases/" + good.sha256())).doesNotExist();
            rig.artifact(compiledFor(good, Runtime.version().feature()));
            rig.succeed(StepName.STAGE, DO);
        }
    }

    private static Artifact compiledFor(Artifact artifact, int java) {
        return new Artifact(
                artifact.sha256(),
                artifact.sizeBytes(),
                artifact.version(),
                artifact.edition(),
                artifact.location(),
                artifact.pinned(),
                java);
    }

    @Test
    void applicationThatSomebodyStoppedIsNotTakenForStopped() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            Files.delete(rig.directory.resolve(".uplift/saga.json"));

            assertThat(rig.fail(StepName.STOP, DO).code()).isEqualTo(ErrorCode.INTERFERED);
        }
    }

    @Test
    void applicationThatASupervisorStartsAgainIsReported() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            Files.delete(rig.directory.resolve(".uplift/saga.json"));
            Files.delete(rig.directory.resolve("metabase.jar"));
            Path jar = IdleJar.write(rig.directory.resolve("metabase.jar"), Rig.OLD);
            rig.from(new Release(Rig.OLD, null, Rig.HOST.files().digest(jar).sha256(), null));
            Process supervisor = IdleJar.run(
                    rig.directory,
                    Map.of("A", "b"),
                    "/bin/sh",
                    "-c",
                    "while true; do " + String.join(" ", IdleJar.java("metabase.jar")) + "; done");
            try {
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> !Rig.HOST
                                .processes()
                                .runningJarsIn(rig.directory)
                                .isEmpty());
                var process = Rig.HOST.processes().runningJarsIn(rig.directory).getFirst();
                Launch launch = LaunchCapture.of(
                        Rig.HOST,
                        process,
                        rig.directory,
                        rig.profiles.byName("metabase").orElseThrow(),
                        Optional.empty());
                try (Fence.Held held = Rig.HOST.fence(rig.directory).claim(rig.installationId, null)) {
                    LaunchFile.write(held, rig.directory, launch);
                }

                rig.assumeDatabase();
                StepOutcome.Failed failed = rig.fail(StepName.STOP, DO);

                assertThat(failed.code()).isEqualTo(ErrorCode.INTERFERED);
                assertThat(failed.detail()).contains("by process " + supervisor.pid());
            } finally {
                supervisor.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void dryRunReportsWhatStandsInTheWayAndWritesNothing() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release(Rig.OLD, null, null, null));
            rig.to("v0.49.1");
            Optional<FenceToken> fence = Rig.HOST.fence(rig.directory).last();
            byte[] launch = Files.readAllBytes(LaunchFile.of(rig.directory));
            assertThat(rig.fail(StepName.PREFLIGHT, DO).code()).isEqualTo(ErrorCode.PREFLIGHT_REFUSED);

            rig.dryRun(true);
            StepOutput.NodesChecked checked = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();

            assertThat(checked.running()).isEqualTo(new Release(Rig.OLD, "oss", oldSha256, null));
            assertThat(checked.checks()).extracting(Object::toString).anyMatch(check -> check.contains("lower major"));
            assertThat(Files.readAllBytes(LaunchFile.of(rig.directory))).isEqualTo(launch);
            assertThat(Rig.HOST.fence(rig.directory).last()).isEqualTo(fence);
        }
    }

    @Test
    void runningVersionThatIsNotTheExpectedOneIsRefused() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.from(new Release("v0.49.1", null, null, null));
            rig.to(Rig.NEW);

            assertThat(rig.fail(StepName.PREFLIGHT, DO).code()).isEqualTo(ErrorCode.VERSION_UNEXPECTED);
        }
    }
}
