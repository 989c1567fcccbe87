/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.assertFailed;
import static dev.uplift.backup.PostgresBackupTest.restored;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.backup.store.Manifest;
import dev.uplift.contract.Backup;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.FencedException;
import dev.uplift.worker.StepCancelledException;
import dev.uplift.worker.StepOutcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2BackupTest {
    @TempDir
    Path directory;

    H2Fixture h2;
    Fixture fixture;

    /** Where the application is; absent: here. */
    @Nullable
    HostSpec host() throws Exception {
        return null;
    }

    @BeforeEach
    void create() throws Exception {
        h2 = new H2Fixture(directory, host(), new H2Processes(directory.resolve("home/h2"), Clock.systemUTC()));
        fixture = h2.fixture;
    }

    @AfterEach
    void disconnect() throws Exception {
        fixture.close();
    }

    @Test
    void whatTheNewVersionMadeOfTheDataIsSecuredAsItsOwn() throws Exception {
        Backup before = fixture.take();
        h2.run("DELETE FROM t");
        fixture.migrated = new MigratedData(true, null, false);

        StepOutcome outcome = fixture.secure();

        var taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) outcome).output();
        Backup secured = taken.backup();
        assertThat(taken.kept()).containsExactlyInAnyOrder(before.id(), secured.id());
        assertThat(secured.release().version()).isEqualTo("v0.51.1");
        assertThat(secured.release().sha256()).isEqualTo("cd".repeat(32));
        assertThat(secured.contentHash()).isNotEqualTo(before.contentHash());
        assertThat(fixture.secure()).isEqualTo(outcome);
        assertThat(fixture.undo(before)).isEqualTo(restored(before, true));
        fixture.epoch++;
        assertThat(fixture.reinstate(secured)).isEqualTo(restored(secured, true));
    }

    @Test
    void nothingIsSecuredOfAVersionThatNeverServedNorOfDataThatCannotBeBackedUp() throws Exception {
        fixture.migrated = new MigratedData(false, null, false);
        assertThat(fixture.secure()).isEqualTo(StepOutcome.done());

        fixture.migrated = new MigratedData(true, null, false);
        Files.writeString(h2.file, "no database");

        assertThat(fixture.secure()).isEqualTo(StepOutcome.done());
    }

    @Test
    void dataThatWereMigratedDownAndKeptAreNotReplaced() throws Exception {
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        fixture.migrated = new MigratedData(true, backup, true);

        assertThat(fixture.undo(backup)).isEqualTo(StepOutcome.done(new StepOutput.Restored(null, false)));

        assertThat(BackupFiles.sha256(h2.file)).isNotEqualTo(backup.contentHash());
    }

    @Test
    void aProvenCopyComesBackByteForByteWithOwnerAndMode() throws Exception {
        Files.setPosixFilePermissions(h2.file, PosixFilePermissions.fromString("rw-rw-r--"));
        Files.setAttribute(h2.file, "unix:uid", 4242);
        String before = BackupFiles.sha256(h2.file);
        Backup backup = fixture.take();
        assertThat(backup.contentHash()).isEqualTo(before);
        h2.run("DELETE FROM t");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));

        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(before);
        assertThat(Files.getAttribute(h2.file, "unix:uid")).isEqualTo(4242);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(h2.file)))
                .isEqualTo("rw-rw-r--");
        assertThat(h2.count()).isEqualTo(500);
        assertThat(kept()).containsExactly("metabase.db.mv.db.uplift-failed-1");
    }

    /** As an upgrade that is rolled back, and a restore to an older backup after one that was not. */
    @Test
    void everyKindOfObjectComesBack() throws Exception {
        try (InputStream sql = H2BackupTest.class.getResourceAsStream("h2-oddities.sql")) {
            h2.run(new String(Objects.requireNonNull(sql).readAllBytes(), UTF_8)
                    .replaceAll("(?m)^--.*", "")
                    .split(";\n"));
        }
        List<String> objects = h2.script();
        String before = BackupFiles.sha256(h2.file);
        Backup backup = fixture.take();
        String[] upgrade = {"DROP TABLE LOBS", "DROP SCHEMA \"odd Schema\" CASCADE", "DROP ALIAS MYSUM", "SHUTDOWN"};
        h2.run(upgrade);

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(before);
        assertThat(h2.script()).isEqualTo(objects);

        h2.run(upgrade);
        fixture.epoch++;
        assertThat(fixture.preflight(backup)).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(fixture.take().contentHash()).isNotEqualTo(before);
        assertThat(fixture.reinstate(backup)).isEqualTo(restored(backup, true));
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(before);
        assertThat(h2.script()).isEqualTo(objects);
    }

    @Test
    void restoringTwiceIsRestoringOnce() throws Exception {
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, false));
    }

    @Test
    void aFileThatIsGoneIsMadeAgain() throws Exception {
        Backup backup = fixture.take();
        Files.delete(h2.file);

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(h2.count()).isEqualTo(500);
    }

    @Test
    void theH2WithinABootJarIsFoundToo() throws Exception {
        h2.nest();

        assertThat(fixture.preflight())
                .isInstanceOfSatisfying(
                        StepOutcome.Succeeded.class,
                        succeeded -> assertThat(((StepOutput.DatabaseChecked) succeeded.output()).serverVersion())
                                .startsWith("H2 2."));
        Backup backup = fixture.take();
        assertThat(fixture.stored()).containsExactly(backup.id().toString());
    }

    @Test
    void aJarWithoutH2IsSaidSoBeforeAnythingIsStopped() throws Exception {
        Files.write(h2.application.resolve(Fixture.JAR), emptyJar());

        assertFailed(fixture.preflight(), ErrorCode.PREFLIGHT_REFUSED, "brings no H2");
        assertFailed(fixture.tryTake(), ErrorCode.BACKUP_FAILED, "brings no H2");
        assertThat(fixture.stored()).isEmpty();
    }

    @Test
    void aFileThatAnotherProcessHasOpenIsLeftAlone() throws Exception {
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        fixture.epoch++;
        String url = "jdbc:h2:file:" + h2.file.toString().replaceFirst("\\.mv\\.db$", "");
        Process shell = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        H2Fixture.H2_JAR.toString(),
                        "org.h2.tools.Shell",
                        "-url",
                        url,
                        "-user",
                        "",
                        "-password",
                        "")
                .start();
        try {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertFailed(fixture.tryTake(), ErrorCode.STILL_RUNNING, "process " + shell.pid()));
            assertFailed(fixture.undo(backup), ErrorCode.STILL_RUNNING, "process " + shell.pid());
        } finally {
            shell.destroyForcibly().waitFor();
        }
        assertThat(kept()).isEmpty();
    }

    @Test
    void aFileThatOnlyThisProcessHasOpenIsLeftAlone() throws Exception {
        try (var _ = h2.connect()) {
            assertFailed(fixture.tryTake(), ErrorCode.STILL_RUNNING, "stop it first");
        }
    }

    @Test
    void aFileThatIsChangedWhileItIsCopiedIsNoBackup() throws Exception {
        fixture.atProgress = reported -> {
            if (reported.activity().startsWith("copying the database")) {
                fixture.atProgress = later -> {};
                change(h2.file);
            }
        };
        assertFailed(fixture.tryTake(), ErrorCode.STILL_RUNNING, "was changed while it was copied");
        assertThat(fixture.stored()).isEmpty();
    }

    @Test
    void whatReadsTheFileIsNoReasonToWait() throws Exception {
        try (InputStream _ = Files.newInputStream(h2.file)) {
            assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Succeeded.class);
        }
    }

    @Test
    void aChangedCopyIsRefusedBeforeAnythingIsTouched() throws Exception {
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        String live = BackupFiles.sha256(h2.file);
        Path copy = fixture.directory(backup).resolve("data/database.mv.db");
        byte[] bytes = Files.readAllBytes(copy);
        bytes[5000] ^= 1;
        Files.write(copy, bytes);

        assertFailed(fixture.undo(backup), ErrorCode.BACKUP_CORRUPT, "data/database.mv.db was changed");
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(live);
        assertThat(kept()).isEmpty();
    }

    @Test
    void aBackupThatIsChangedOrGoneIsRefusedBeforeAnythingIsStoppedForIt() throws Exception {
        Backup backup = fixture.take();
        assertThat(fixture.preflight(backup)).isInstanceOf(StepOutcome.Succeeded.class);
        Files.write(fixture.directory(backup).resolve("data/database.mv.db"), new byte[1], StandardOpenOption.APPEND);
        assertFailed(fixture.preflight(backup), ErrorCode.PREFLIGHT_REFUSED, "data/database.mv.db was changed");
        DurableFiles.delete(fixture.directory(backup));
        assertFailed(fixture.preflight(backup), ErrorCode.PREFLIGHT_REFUSED, "is not in " + directory);
    }

    @Test
    void aBackupThatWasTakenOverLeavesThatOfTheNextRunAlone() throws Exception {
        Path next = fixture.store.workDirectory(fixture.installation).resolve(UUID.randomUUID() + ".1_1_2.partial");
        fixture.cancelled = () -> next.toFile().mkdir();
        Assertions.assertThatThrownBy(fixture::tryTake).isInstanceOf(StepCancelledException.class);
        assertThat(fixture.stored()).containsExactly(String.valueOf(next.getFileName()));
    }

    @Test
    void aRestoreThatWasTakenOverLeavesTheFileOfTheNextRunAlone() throws Exception {
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        StepCommand undo = fixture.command(StepName.BACKUP, Direction.UNDO, backup, null);
        BackupWork paused = fixture.access.work(undo, fixture.begin());
        fixture.pauseAt = "backup.restore.load:AFTER";
        fixture.meanwhile = () -> {
            Manifest manifest = fixture.verify(backup.id());
            ApplicationDatabase database = fixture.access.database(undo.installation());
            Assertions.assertThatThrownBy(() -> database.replace(fixture.directory(backup), manifest, paused))
                    .isInstanceOf(FencedException.class);
        };

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(fixture.pauseAt).isNull();
        assertThat(h2.count()).isEqualTo(500);
        assertThat(kept()).containsExactly("metabase.db.mv.db.uplift-failed-1");
    }

    @Test
    void aFileThatIsNoH2IsNotBackedUp() throws Exception {
        Files.writeString(h2.file, "not a database");

        assertFailed(fixture.tryTake(), ErrorCode.BACKUP_FAILED, "damaged or no H2 file");
        assertFailed(fixture.preflight(), ErrorCode.PREFLIGHT_REFUSED, "does not begin as H2 writes it");
    }

    @Test
    void aDamagedFileIsNotCountedAsABackup() throws Exception {
        byte[] bytes = Files.readAllBytes(h2.file);
        Arrays.fill(bytes, 8192, bytes.length, (byte) 7);
        Files.write(h2.file, bytes);

        assertFailed(fixture.tryTake(), ErrorCode.BACKUP_FAILED, "is damaged");
        assertThat(fixture.stored()).isEmpty();
    }

    @Test
    void aLinkInTheWayIsRefused() throws Exception {
        Path elsewhere = directory.resolve("elsewhere.mv.db");
        Files.move(h2.file, elsewhere);
        Files.createSymbolicLink(h2.file, elsewhere);

        assertFailed(fixture.tryTake(), ErrorCode.HOST_UNEXPECTED, "not a regular file");
    }

    @Test
    void pathsThatAreNotPlainAreRefused() throws Exception {
        for (String path : List.of(
                "metabase.db.mv.db",
                h2.application + "/../x.mv.db",
                "/etc/passwd",
                h2.application + "/nowhere/x.mv.db")) {
            Fixture odd = h2.withPath(directory.resolve("home"), path);
            assertThat(odd.tryTake()).isInstanceOf(StepOutcome.Failed.class);
            odd.close();
        }
    }

    @Test
    void aCancelledBackupLeavesNothingBehind() throws Exception {
        fixture.cancelled = () -> true;

        Assertions.assertThatThrownBy(fixture::tryTake).isInstanceOf(StepCancelledException.class);
        assertThat(fixture.stored()).isEmpty();
    }

    @Test
    void onlyTheNewestFailedFileIsKept() throws Exception {
        Backup backup = fixture.take();
        for (int i = 0; i < 3; i++) {
            h2.run("INSERT INTO t (text) VALUES ('more')");
            fixture.epoch += 5;
            assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        }
        assertThat(kept()).containsExactly("metabase.db.mv.db.uplift-failed-16");
    }

    private static void change(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {7}), 5000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> kept() throws Exception {
        try (Stream<Path> files = Files.list(h2.application)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.contains("uplift-failed") || file.contains("uplift-tmp"))
                    .toList();
        }
    }

    private static byte[] emptyJar() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes)) {
            jar.putNextEntry(new ZipEntry("nothing"));
        }
        return bytes.toByteArray();
    }
}
