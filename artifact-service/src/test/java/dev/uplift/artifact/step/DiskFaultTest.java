/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.RawServer.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, and one that does not write what it was given. */
final class DiskFaultTest {
    private static final byte[] OLD = TestJar.of("v0.51.7", 1);
    private static final byte[] NEW = TestJar.of("v0.51.8", 2);

    @TempDir
    Path directory;

    @Test
    void aFullDiskFailsTheStepAndLeavesTheOldArtifactAlone() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        String mounted = output("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk.toString());
        assumeThat(mounted).as("a small disk is made by root only").isEmpty();
        try (ArtifactWorld world = new ArtifactWorld(disk);
                RawServer server = new RawServer((request, out) -> unpromised(out, OLD))) {
            String old = artifact(world.fetch(Commands.fetch("v0.51.7", server.url("/old.jar"), null)))
                    .sha256();
            Path filler = Files.write(disk.resolve("filler"), new byte[340_000]);
            server.answer((request, out) -> unpromised(out, NEW));
            StepCommand command = Commands.fetch("v0.51.8", server.url("/new.jar"), null);

            assertThat(world.fetch(command)).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
                assertThat(failed.code()).isEqualTo(ErrorCode.HOST_STORAGE);
                assertThat(failed.retryable()).isTrue();
                assertThat(failed.detail()).contains("No space left on device").contains("free some room");
            });
            assertThat(world.files())
                    .as("nothing of the new artifact keeps the disk full")
                    .containsExactly("artifacts/sha256/" + old.substring(0, 2) + "/" + old, "filler");
            assertThat(world.store().isIntact(world.store().find(old).orElseThrow(), bytes -> {}))
                    .isTrue();

            Files.delete(filler);
            assertThat(artifact(world.fetch(command)).sha256()).isEqualTo(TestJar.sha256(NEW));
        } finally {
            assertThat(output("umount", disk.toString())).isEmpty();
        }
    }

    @Test
    void whatTheDiskDidNotWriteIsNoArtifact() throws Exception {
        Path home = Files.createDirectory(directory.resolve("home"));
        ArtifactStore store = new ArtifactStore(home, Clock.systemUTC());
        String sha256 = TestJar.sha256(NEW);
        Path shelf = Files.createDirectory(home.resolve("artifacts/sha256/" + sha256.substring(0, 2)));
        Path fetched = Files.write(store.partialDirectory().resolve("fetched"), NEW);
        List<String> argv = new ArrayList<>(List.of(
                "strace",
                "-f",
                "-qq",
                "-o",
                directory.resolve("trace").toString(),
                "-P",
                fetched.toRealPath().toString(),
                "-e",
                "trace=fsync",
                "-e",
                "inject=fsync:error=EIO"));
        argv.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                Adopting.class.getName(),
                home.toString(),
                sha256));

        assertThat(output(argv.toArray(String[]::new))).contains("refused: Input/output error");
        assertThat(directory.resolve("trace")).content().contains("INJECTED");
        assertThat(shelf).isEmptyDirectory();
        assertThat(store.find(sha256)).isEmpty();
    }

    /** Takes a file into the store, in a process of its own. */
    static final class Adopting {
        private Adopting() {}

        public static void main(String[] arguments) throws IOException {
            ArtifactStore store = new ArtifactStore(Path.of(arguments[0]), Clock.systemUTC());
            try {
                var _ = store.adopt(store.partialDirectory().resolve("fetched"), arguments[1]);
                System.out.println("adopted");
            } catch (IOException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    /** 200 without a length: how much room it needs is not known before. */
    private static void unpromised(OutputStream out, byte[] body) throws IOException {
        head(out, "200 OK");
        out.write(body);
    }

    private static String output(String... argv) throws Exception {
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
