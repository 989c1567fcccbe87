package dev.uplift.artifact.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store takes for one of its files, and what it forgets. */
final class ArtifactStoreTest {
    @TempDir
    Path home;

    @Test
    void onlyAWholeNameFindsAFile() throws Exception {
        ArtifactStore store = new ArtifactStore(home);
        for (String name : new String[] {"", "..", "../../x", "A".repeat(64), "a".repeat(63), "a".repeat(64) + "/.."}) {
            assertThat(store.find(name)).describedAs(name).isEmpty();
        }
    }

    @Test
    void aLinkInTheStoreIsNoFileOfIt() throws Exception {
        ArtifactStore store = new ArtifactStore(home);
        String sha256 = "a".repeat(64);
        Path place = home.resolve("artifacts/sha256/aa");
        Files.createDirectory(place);
        Files.createSymbolicLink(place.resolve(sha256), Path.of("/etc/passwd"));
        assertThat(store.find(sha256)).isEmpty();
    }

    @Test
    void oldPartialFilesGoAndLocksStay() throws Exception {
        ArtifactStore store = new ArtifactStore(home);
        Instant now = Instant.now();
        for (String name : new String[] {"old", "old.json", "old.lock", "new"}) {
            Path file = Files.createFile(store.partialDirectory().resolve(name));
            boolean old = name.startsWith("old");
            Files.setLastModifiedTime(file, FileTime.from(old ? now.minus(Duration.ofDays(8)) : now));
        }

        store.forgetPartial(now.minus(Duration.ofDays(7)));

        assertThat(store.partialDirectory().toFile().list()).containsExactlyInAnyOrder("old.lock", "new");
    }
}
