/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainerFilesTest {
    private TestEngine test;
    private ContainerFiles files;
    private ContainerInspection container;

    @BeforeAll
    void prepare() throws Exception {
        test = new TestEngine();
        files = test.engine.files();
        ObjectNode body = TestEngine.sleeping(test.image(test.name("app"), "1"));
        body.withObjectProperty("Volumes").putObject("/data");
        container = test.create(test.name("files"), body);
    }

    @AfterAll
    void clean() throws Exception {
        test.close();
    }

    @Test
    void aFileIsReadThroughLinksFromAContainerThatNeverRan() throws Exception {
        assertThat(text("/version")).contains("1");
        assertThat(files.file(container.id(), "/bin/sh", in -> in.readNBytes(4)))
                .hasValueSatisfying(bytes -> assertThat(bytes).startsWith(0x7f, 'E', 'L', 'F'));
        assertThat(text("/absent")).isEmpty();
        assertThatThrownBy(() -> text("/bin"))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("not a file");
    }

    @Test
    void entriesOfAJarAreReadAsItStreams() throws Exception {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(jar)) {
            for (String name : new String[] {"first", "version.properties", "last"}) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(("content of " + name).getBytes(StandardCharsets.UTF_8));
            }
        }
        files.put(container.id(), "/home", "app.jar", jar.toByteArray(), 0644, 0, 0);
        assertThat(files.jarEntries(container.id(), "/home/app.jar", Set.of("version.properties", "absent"), 1000))
                .hasValueSatisfying(entries -> assertThat(entries)
                        .containsOnlyKeys("version.properties")
                        .containsEntry(
                                "version.properties",
                                "content of version.properties".getBytes(StandardCharsets.UTF_8)));
        assertThat(files.jarEntries(container.id(), "/absent.jar", Set.of("x"), 1000))
                .isEmpty();
        assertThatThrownBy(() -> files.jarEntries(container.id(), "/home/app.jar", Set.of("first"), 3))
                .hasMessageContaining("larger than 3");
    }

    @Test
    void aDirectoryIsCopiedOutOfAVolumeAndIntoAnother() throws Exception {
        byte[] content = "H:2 database".getBytes(StandardCharsets.UTF_8);
        files.put(container.id(), "/data", "metabase.db.mv.db", content, 0600, 1234, 1234);
        byte[] tar =
                files.tar(container.id(), "/data", InputStream::readAllBytes).orElseThrow();
        files.untar(container.id(), "/tmp", new ByteArrayInputStream(tar));
        assertThat(text("/tmp/data/metabase.db.mv.db")).contains("H:2 database");
        assertThat(files.tar(container.id(), "/absent", InputStream::readAllBytes))
                .isEmpty();
        assertThat(test.engine.containers().ownFiles(container.id()))
                .contains("/tmp/data/metabase.db.mv.db")
                .doesNotContain("/data/metabase.db.mv.db");
    }

    @Test
    void aRefusalIsHeardBeforeABodyWithoutEndIsSent() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }
        };
        assertThatThrownBy(() -> files.untar(container.id(), "/absent", endless))
                .isInstanceOf(DockerRefusedException.class)
                .hasMessageContaining("/absent");
    }

    private Optional<String> text(String path) throws Exception {
        return files.file(container.id(), path, in -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
}
