/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.StepOutput;
import dev.uplift.testbed.RequiresRoot;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is there for a proof before the outage that it is made in, and whose data a process reads. */
final class H2ProcessesTest {
    @TempDir
    Path directory;

    private H2Fixture h2;
    private Fixture fixture;

    @BeforeEach
    void create() throws Exception {
        h2 = new H2Fixture(directory);
        fixture = h2.fixture;
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void aProofAfterACheckReadsNothingOfTheJarAndStartsNoProcess() throws Exception {
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        Set<Long> processes = processes();
        assertThat(processes).hasSize(1);
        Files.writeString(h2.application.resolve(Fixture.JAR), "no JAR any more");

        assertThat(fixture.take()).isNotNull();

        assertThat(processes()).isEqualTo(processes);
    }

    @Test
    void anotherJarOfTheInstallationIsReadAgain() throws Exception {
        fixture.ranSha256 = "ab".repeat(32);
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        Files.writeString(h2.application.resolve(Fixture.JAR), "another JAR");
        fixture.ranSha256 = "ef".repeat(32);

        assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Failed.class);
    }

    @Test
    void classesThatWereChangedSinceAreTakenAgain() throws Exception {
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        try (Stream<Path> files = Files.walk(fixture.home.resolve("h2"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, "rotten");
            }
        }
        end(processes());

        assertThat(fixture.take()).isNotNull();
    }

    @Test
    void aProcessThatEndedWhileItWaitedIsReplaced() throws Exception {
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        end(processes());

        assertThat(fixture.take()).isNotNull();
    }

    /** Else the process would hold every copy that it has read, and could be asked for none of them again. */
    @Test
    void aDatabaseThatAsksToStayOpenIsClosed() throws Exception {
        h2.run("SET DB_CLOSE_DELAY -1", "SHUTDOWN");
        assertThat(fixture.take()).isNotNull();

        assertThat(processes()).hasSize(1).allSatisfy(pid -> {
            try (Stream<Path> open = Files.list(Path.of("/proc", pid.toString(), "fd"))) {
                assertThat(open.map(H2ProcessesTest::target)).noneMatch(name -> name.contains("scratch."));
            }
        });
    }

    @Test
    void whatAKilledServiceLeftIsDeleted() throws Exception {
        Path place = Files.createDirectories(fixture.home.resolve("h2/" + "ab".repeat(32)));
        Path recent = Files.createDirectories(fixture.home.resolve("h2/recent.partial"));
        Path extracted = Files.createDirectories(fixture.home.resolve("h2/killed.partial"));
        Files.writeString(extracted.resolve("h2.jar"), "half of it");
        Path warmUp = Files.writeString(place.resolve("warm-up123.mv.db"), "half of it");
        for (Path killed : List.of(extracted, warmUp)) {
            Files.setLastModifiedTime(killed, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        }

        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);

        assertThat(extracted).doesNotExist();
        assertThat(warmUp).doesNotExist();
        assertThat(recent).exists();
        assertThat(place).exists();
    }

    @Test
    @RequiresRoot
    void whatCannotBeDeletedFailsNoStep() throws Exception {
        Path busy = Files.createDirectories(fixture.home.resolve("h2/killed.partial"));
        mount("mount", "-t", "tmpfs", "tmpfs", busy.toString());
        try {
            Files.setLastModifiedTime(busy, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

            assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
            assertThat(fixture.take()).isNotNull();

            assertThat(busy).exists();
        } finally {
            mount("umount", busy.toString());
        }
    }

    private static void mount(String... argv) throws Exception {
        assertThat(new ProcessBuilder(argv).inheritIO().start().waitFor()).isZero();
    }

    @Test
    void aProcessThatCouldNotReadADatabaseIsAskedForNoOther() throws Exception {
        assertThat(fixture.take()).isNotNull();
        Fixture stranger = new Fixture(
                fixture.home,
                h2.application,
                new DatabaseSpec.H2("local", h2.file.toString(), "stranger", null),
                fixture.installation,
                fixture.h2);
        stranger.epoch++;

        assertThat(stranger.tryTake())
                .isInstanceOfSatisfying(
                        StepOutcome.Failed.class,
                        failed -> assertThat(failed.detail()).contains("error 28000"));
        assertThat(processes()).isEmpty();
    }

    @Test
    void applicationsOfOneUserOfOneHostShareAProcess() throws Exception {
        H2Fixture other = neighbour();
        assertThat(fixture.take()).isNotNull();
        assertThat(other.fixture.take()).isNotNull();

        assertThat(processes()).hasSize(1);
    }

    @Test
    void aFileThatOthersMayWriteHasAProcessOfItsOwn() throws Exception {
        H2Fixture other = neighbour();
        Files.setPosixFilePermissions(other.file, PosixFilePermissions.fromString("rw-rw-r--"));
        assertThat(fixture.take()).isNotNull();
        assertThat(other.fixture.take()).isNotNull();

        assertThat(processes()).hasSize(2);
    }

    @Test
    void theyEndWithTheService() throws Exception {
        assertThat(fixture.preflight())
                .isInstanceOfSatisfying(
                        StepOutcome.Succeeded.class,
                        done -> assertThat(((StepOutput.DatabaseChecked) done.output()).serverVersion())
                                .startsWith("H2 2."));
        fixture.close();

        assertThat(processes()).isEmpty();
    }

    private H2Fixture neighbour() throws Exception {
        return new H2Fixture(directory.resolve("neighbour"), null, fixture.h2);
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    private static void end(Set<Long> processes) {
        for (long pid : processes) {
            ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
            process.destroyForcibly();
            process.onExit().join();
        }
    }

    private static Set<Long> processes() {
        return ProcessHandle.current()
                .children()
                .filter(ProcessHandle::isAlive)
                .filter(child -> commandLine(child).contains("H2Proof"))
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
