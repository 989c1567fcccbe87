/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.assertFailed;
import static dev.uplift.backup.PostgresBackupTest.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.Backup;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.testing.TestSshd;
import dev.uplift.worker.StepOutcome;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same on another host, through a real OpenSSH server. */
final class H2OverSshTest extends H2BackupTest {
    private static final long MUCH_BYTES = 8L << 20;

    @TempDir
    static Path keys;

    private static TestSshd sshd;

    @BeforeAll
    static void serve() throws Exception {
        sshd = new TestSshd(keys);
    }

    @AfterAll
    static void stop() {
        sshd.close();
    }

    @Override
    HostSpec host() throws Exception {
        return sshd.spec();
    }

    @Test
    void aConnectionThatIsCutInMidCopyLeavesNoBackupAndTheNextRunTakesOne() throws Exception {
        fill();
        cutDuring("copying the database");

        assertFailed(fixture.tryTake(), ErrorCode.HOST_UNREACHABLE, "lost");
        assertThat(fixture.stored()).isEmpty();

        assertThat(fixture.take().contentHash()).isEqualTo(BackupFiles.sha256(h2.file));
    }

    @Test
    void aConnectionThatIsCutInMidRestoreLeavesTheDatabaseAsItIsAndTheNextRunRestoresIt() throws Exception {
        fill();
        Backup backup = fixture.take();
        h2.run("DELETE FROM t");
        String live = BackupFiles.sha256(h2.file);
        cutDuring("restoring the database");

        assertFailed(fixture.undo(backup), ErrorCode.HOST_UNREACHABLE, "lost");
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(live);

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(backup.contentHash());
        assertThat(kept()).containsExactly("metabase.db.mv.db.uplift-failed-1");
    }

    @Test
    void aConnectionThatIsCutBeforeAndAfterEachEffectIsMadeAgain() throws Exception {
        Set<String> cut = new HashSet<>();
        fixture.atPoint = point -> {
            if (cut.add(point)) {
                sshd.cutSessions();
            }
        };
        StepOutput taken = untilItIsDone(fixture::tryTake);
        assertThat(taken).isInstanceOf(StepOutput.BackedUp.class);
        Backup backup = ((StepOutput.BackedUp) taken).backup();
        h2.run("DELETE FROM t");
        var _ = untilItIsDone(() -> fixture.undo(backup));
        assertThat(BackupFiles.sha256(h2.file)).isEqualTo(backup.contentHash());
        assertThat(kept()).isNotEmpty().allMatch(name -> name.startsWith("metabase.db.mv.db.uplift-failed-1"));
        assertThat(cut).hasSizeGreaterThan(20);
    }

    @Test
    void aFileOnAnotherHostThanTheNodeIsRefused() throws Exception {
        fixture.node = new NodeSpec.JarProcess(
                "node", NodeSpec.LOCAL, h2.application.toString(), Fixture.JAR, URI.create("http://127.0.0.1:1"));

        assertFailed(fixture.preflight(), ErrorCode.INVALID, "register the application again");
        assertFailed(fixture.tryTake(), ErrorCode.INVALID, "is on host far, but node node is on host local");
    }

    @Test
    void aFileOnAHostOfWhichOnlyTheEngineIsReachedIsRefused() throws Exception {
        HostSpec engine = new HostSpec.DockerTls(
                "far", URI.create("https://127.0.0.1:1"), "file:/ca.pem", "file:/cert.pem", "file:/key.pem");
        fixture.hosts = List.of(engine);
        fixture.node = new NodeSpec.Docker(
                "node", "far", "metabase", "example.org/metabase", URI.create("http://127.0.0.1:1"));

        assertFailed(fixture.preflight(), ErrorCode.INVALID, "register the host by SSH");
    }

    /** Runs a step again for as long as it says that it may succeed later. */
    private static StepOutput untilItIsDone(Callable<StepOutcome> step) throws Exception {
        for (int attempt = 0; attempt < 60; attempt++) {
            switch (step.call()) {
                case StepOutcome.Succeeded(StepOutput output) -> {
                    return output;
                }
                case StepOutcome.Failed failed ->
                    assertThat(failed.retryable()).as(failed.toString()).isTrue();
            }
        }
        throw new AssertionError("it does not end");
    }

    private void fill() throws Exception {
        h2.run("CREATE TABLE much AS SELECT x, RANDOM_UUID() || SECURE_RAND(1000) AS noise FROM SYSTEM_RANGE(1, 5000)");
        assertThat(Files.size(h2.file)).isGreaterThan(MUCH_BYTES);
    }

    private void cutDuring(String activity) {
        fixture.atProgress = reported -> {
            if (reported.activity().startsWith(activity)) {
                fixture.atProgress = later -> {};
                sshd.cutSessions();
            }
        };
    }
}
