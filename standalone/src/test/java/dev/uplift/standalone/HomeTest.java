/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void aSecretReplacesTheOneBeforeAndOnlyItsOwnerReadsIt() throws IOException {
        Path file = directory.resolve("credentials.properties");
        Home.writeSecret(file, "first");
        Home.writeSecret(file, "second");

        assertThat(file).hasContent("second");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(names()).containsExactly("credentials.properties");
    }

    @Test
    void aSecretThatCannotBeWrittenLeavesNothing() throws IOException {
        Path file = directory.resolve("credentials.properties");
        Files.createDirectories(file.resolve("there"));

        assertThatThrownBy(() -> Home.writeSecret(file, "text")).isInstanceOf(IOException.class);

        assertThat(names()).containsExactly("credentials.properties");
    }

    @Test
    void whatAKillLeftOfASecretIsDeleted() throws IOException {
        Home home = Home.create(directory);
        Files.createDirectories(home.kafka());
        for (Path left : List.of(home.root(), home.run(), home.kafka())) {
            Files.writeString(left.resolve("secret123456789.tmp"), "password=x");
            Files.writeString(left.resolve("other.tmp"), "mine");
        }
        Home.writeSecret(home.run().resolve("credentials.properties"), "password=x");

        home.deleteUnfinished();

        try (var files = Files.walk(directory)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> directory.relativize(file).toString()))
                    .containsExactlyInAnyOrder(
                            "other.tmp", "run/other.tmp", "kafka/other.tmp", "run/credentials.properties");
        }
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
