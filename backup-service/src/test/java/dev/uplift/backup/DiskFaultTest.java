/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.host.testing.TestSshd;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, and one that does not write what it was given: never a verified backup. */
final class DiskFaultTest {
    @TempDir
    Path directory;

    @Test
    void aFullDiskIsNoBackupOfH2() throws Exception {
        H2Fixture h2 = new H2Fixture(directory);
        Path disk = disk("8m");
        try (Fixture fixture = new Fixture(disk, h2.application, h2.fixture.database)) {
            Backup old = fixture.take();
            fixture.epoch++;
            Path filler = fill(disk);

            assertRefused(fixture, old);

            Files.delete(filler);
            assertThat(fixture.take().contentHash()).isEqualTo(old.contentHash());
        } finally {
            unmount(disk);
        }
    }

    @Test
    void aFullDiskIsNoBackupOfPostgres() throws Exception {
        Server.admin("CREATE DATABASE full_disk OWNER app");
        Server.run(
                "app",
                "full_disk",
                // Without a key to sort by: it is read still when the disk is full.
                "CREATE TABLE t (text text)",
                "INSERT INTO t (text) SELECT md5(g::text) FROM generate_series(1, 200000) g");
        Path disk = disk("16m");
        try {
            Fixture fixture = new Fixture(
                    disk,
                    Files.createDirectories(directory.resolve("application")),
                    new DatabaseSpec.PostgreSql("127.0.0.1", Server.port(), "full_disk", "app", null));
            Backup old = fixture.take();
            fixture.epoch++;
            Path filler = fill(disk);

            assertRefused(fixture, old);
            assertThat(Server.databases("uplift_scratch")).isEmpty();

            Files.delete(filler);
            assertThat(fixture.take().contentHash()).isEqualTo(old.contentHash());
        } finally {
            unmount(disk);
            Server.admin("DROP DATABASE full_disk");
        }
    }

    @Test
    void aFullDiskBesideTheApplicationLeavesItsDatabaseAsItIs() throws Exception {
        fullDiskBesideTheApplication(null);
    }

    @Test
    void aFullDiskBesideTheApplicationOfAnotherHostLeavesItsDatabaseAsItIs() throws Exception {
        try (TestSshd sshd = new TestSshd(Files.createDirectory(directory.resolve("keys")))) {
            fullDiskBesideTheApplication(sshd.spec());
        }
    }

    private void fullDiskBesideTheApplication(@Nullable HostSpec host) throws Exception {
        Path disk = disk("8m");
        try {
            Path home = directory.resolve("home");
            H2Fixture h2 = new H2Fixture(disk, host, new H2Processes(home.resolve("h2"), Clock.systemUTC()));
            h2.run("INSERT INTO t (text) SELECT 'more than is left ' || x FROM SYSTEM_RANGE(1, 5000)");
            Fixture fixture = h2.withHome(home);
            Backup backup = fixture.take();
            Files.write(h2.file, new byte[] {0}, StandardOpenOption.APPEND);
            byte[] live = Files.readAllBytes(h2.file);
            fixture.epoch++;
            Path filler = fill(disk);

            assertThat(fixture.undo(backup))
                    .isInstanceOfSatisfying(
                            StepOutcome.Failed.class,
                            failed -> assertThat(failed.code())
                                    .as(failed.detail())
                                    .isEqualTo(ErrorCode.HOST_STORAGE));
            assertThat(h2.file).hasBinaryContent(live);

            Files.delete(filler);
            assertThat(fixture.undo(backup)).isInstanceOf(StepOutcome.Succeeded.class);
            fixture.epoch++;
            assertThat(fixture.take().contentHash()).isEqualTo(backup.contentHash());
            fixture.close();
        } finally {
            unmount(disk);
        }
    }

    /** The n-th fsync and all after it fail, for each n until the backup is taken before that many. */
    @Test
    void whatTheDiskDidNotWriteIsNoBackup() throws Exception {
        H2Fixture h2 = new H2Fixture(directory);
        Backup old = h2.fixture.take();
        List<String> outcomes = new ArrayList<>();
        for (int first = 2; outcomes.isEmpty() || !outcomes.getLast().contains("Succeeded"); first += 4) {
            Path trace = directory.resolve("trace-" + first);
            String outcome = output(
                    "strace",
                    "-f",
                    "--seccomp-bpf",
                    "-qq",
                    "-o",
                    trace.toString(),
                    "-e",
                    "trace=fsync",
                    "-e",
                    "inject=fsync:error=EIO:when=" + first + "+",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                    Taking.class.getName(),
                    directory.toString(),
                    h2.fixture.installation.toString(),
                    Integer.toString(first));
            outcomes.add(outcome);
            assertThat(outcomes).as("each takes fewer fsyncs than that").hasSizeLessThan(30);
            if (!outcome.contains("Succeeded")) {
                assertThat(trace).content().contains("INJECTED");
                assertThat(outcome).contains("code=HOST_STORAGE").contains("Input/output error");
            }
            assertThat(h2.fixture.verify(old.id()).backup()).isEqualTo(old);
            for (String name : h2.fixture.stored()) {
                if (!name.contains(".")) {
                    assertThat(h2.fixture.verify(UUID.fromString(name)).contentHash())
                            .as("whatever has a backup's name is one")
                            .isEqualTo(old.contentHash());
                }
            }
        }
        assertThat(outcomes).hasSizeGreaterThan(3);
        h2.fixture.epoch = 1_000;
        assertThat(h2.fixture.take().contentHash()).isEqualTo(old.contentHash());
        assertThat(h2.fixture.stored()).noneMatch(name -> name.endsWith(".partial"));
    }

    /** Takes one backup, in a process of its own. */
    static final class Taking {
        private Taking() {}

        public static void main(String[] arguments) throws Exception {
            Path directory = Path.of(arguments[0]);
            Path application = directory.resolve("application").toRealPath();
            Fixture fixture = new Fixture(
                    directory.resolve("home"),
                    application,
                    new DatabaseSpec.H2(
                            "local", application.resolve("metabase.db.mv.db").toString(), null, null),
                    UUID.fromString(arguments[1]),
                    new H2Processes(directory.resolve("home/h2"), Clock.systemUTC()));
            fixture.epoch = 1 + Long.parseLong(arguments[2]);
            System.out.println(fixture.tryTake());
        }
    }

    private static void assertRefused(Fixture fixture, Backup old) throws Exception {
        assertThat(fixture.tryTake()).isInstanceOfSatisfying(StepOutcome.Failed.class, DiskFaultTest::isStorage);
        assertThat(fixture.stored()).containsExactly(old.id().toString());
        assertThat(fixture.verify(old.id()).backup()).isEqualTo(old);
    }

    private static void isStorage(StepOutcome.Failed failed) {
        assertThat(failed.code()).as(failed.detail()).isEqualTo(ErrorCode.HOST_STORAGE);
        assertThat(failed.retryable()).isTrue();
        assertThat(failed.detail()).contains("No space left on device").contains("free some room");
    }

    private Path disk(String size) throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        assumeThat(output("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()))
                .as("a small disk is made by root only")
                .isEmpty();
        return disk;
    }

    private static void unmount(Path disk) throws Exception {
        assertThat(output("umount", disk.toString())).isEmpty();
    }

    /** Leaves room for names and the fence, and for little more. */
    private static Path fill(Path disk) throws IOException {
        Path filler = disk.resolve("filler");
        long room = Files.getFileStore(disk).getUsableSpace() - 24 * 1024;
        return Files.write(filler, new byte[(int) room]);
    }

    private static String output(String... argv) throws Exception {
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
