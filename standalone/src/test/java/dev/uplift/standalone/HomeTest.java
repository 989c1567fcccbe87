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

    private List<String> names() throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
