/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.assertFailed;
import static dev.uplift.backup.PostgresBackupTest.restored;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.uplift.backup.store.BackupFiles;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerDirectory;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.host.Exec;
import dev.uplift.host.Fence;
import dev.uplift.host.testing.TestSshd;
import dev.uplift.testbed.containers.RequiresDocker;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An H2 file in a volume of a real engine on another host, whose container, with the JAR in it, does not run. */
@RequiresDocker
final class H2InContainerTest {
    private static final String LABEL = "dev.uplift.test=h2";

    private final String name = "uplift-test-h2-" + UUID.randomUUID().toString().substring(0, 8);

    @TempDir
    Path directory;

    private TestSshd sshd;
    private H2Fixture h2;
    private Path volume;
    private Fixture fixture;
    private Path kept;

    @BeforeEach
    void create() throws Exception {
        sshd = new TestSshd(Files.createDirectory(directory.resolve("keys")));
        h2 = new H2Fixture(directory);
        Path tar = directory.resolve("image.tar");
        run("tar", "-cf", tar.toString(), "-C", h2.application.toString(), Fixture.JAR);
        run("docker", "import", tar.toString(), name + ":1");
        run("docker", "volume", "create", "--label", LABEL, name);
        run("docker", "create", "--name", name, "--label", LABEL, "--volume", name + ":/data", name + ":1", "/none");
        volume = Path.of(run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name)
                        .strip())
                .toRealPath();
        Files.copy(h2.file, volume.resolve(h2.file.getFileName()));
        HostSpec host = sshd.spec();
        fixture = new Fixture(
                directory.resolve("home"),
                h2.application,
                new DatabaseSpec.H2(
                        host.name(), volume.resolve(h2.file.getFileName()).toString(), null, null));
        fixture.hosts = List.of(host);
        fixture.node =
                new NodeSpec.Docker("node", host.name(), name, "example.org/app", URI.create("http://127.0.0.1:1"));
        kept = fixture.connections.directory(host, name);
        ContainerDirectory.create(fixture.connections.host(host), kept);
        try (Fence.Held held = fixture.connections.host(host).fence(kept).claim(fixture.installation, null)) {
            new ContainerRecord(JsonNodeFactory.instance.objectNode(), "/" + Fixture.JAR, List.of()).write(held, kept);
        }
    }

    @AfterEach
    void remove() throws Exception {
        fixture.close();
        sshd.close();
        run("docker", "rm", "--force", name);
        run("docker", "volume", "rm", name);
        run("docker", "rmi", name + ":1");
        run("rm", "-rf", kept.toString());
    }

    @Test
    void aFileInAVolumeIsProvenWithTheJarOfTheContainerAndComesBack() throws Exception {
        Path file = volume.resolve(h2.file.getFileName());
        String before = BackupFiles.sha256(file);
        Backup backup = fixture.take();
        assertThat(backup.contentHash()).isEqualTo(before);
        Files.write(file, new byte[] {1}, StandardOpenOption.APPEND);

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(BackupFiles.sha256(file)).isEqualTo(before);
    }

    @Test
    void aContainerThatIsGoneIsSaidSo() throws Exception {
        run("docker", "rename", name, name + "-other");
        try {
            assertFailed(fixture.tryTake(), ErrorCode.HOST_UNEXPECTED, "there is no container " + name);
        } finally {
            run("docker", "rename", name + "-other", name);
        }
    }

    private static String run(String... argv) throws Exception {
        Exec.Result result = Exec.of(Duration.ofMinutes(1), argv).run();
        assertThat(result.succeeded()).as(result.errors()).isTrue();
        return result.output();
    }
}
