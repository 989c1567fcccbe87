/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.uplift.artifact.testing.TestJar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store takes for one of its files, and what it forgets. */
final class ArtifactStoreTest {
    private static final Retention RETENTION = new Retention(250, Duration.ofHours(1));
    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

    @TempDir
    Path home;

    @Test
    void onlyAWholeNameFindsAFile() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        for (String name : new String[] {"", "..", "../../x", "A".repeat(64), "a".repeat(63), "a".repeat(64) + "/.."}) {
            assertThat(store.find(name)).describedAs(name).isEmpty();
        }
    }

    @Test
    void aLinkInTheStoreIsNoFileOfIt() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        String sha256 = "a".repeat(64);
        Path place = home.resolve("artifacts/sha256/aa");
        Files.createDirectory(place);
        Files.createSymbolicLink(place.resolve(sha256), Path.of("/etc/passwd"));
        assertThat(store.find(sha256)).isEmpty();
    }

    @Test
    void oldPartialFilesGo() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        for (String name : new String[] {"old", "old.json", "old.lock", "new"}) {
            Path file = Files.createFile(store.partialDirectory().resolve(name));
            boolean old = name.startsWith("old");
            Files.setLastModifiedTime(file, FileTime.from(old ? NOW.minus(Duration.ofDays(8)) : NOW));
        }

        assertThat(store.forgetUnused(RETENTION)).isZero();

        assertThat(store.partialDirectory().toFile().list()).containsExactly("new");
    }

    @Test
    void theLeastRecentlyUsedGoesFirstUntilTheRestFits() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        List<String> oldestFirst = List.of(put(store, 1, 5), put(store, 2, 4), put(store, 3, 3), put(store, 4, 2));
        assertThat(store.use(oldestFirst.getFirst())).isPresent();

        assertThat(store.forgetUnused(RETENTION)).isEqualTo(2);

        assertThat(kept(store, oldestFirst)).containsExactly(oldestFirst.get(0), oldestFirst.get(3));
        assertThat(store.partialDirectory()).isEmptyDirectory();
    }

    @Test
    void whatAnUnfinishedUpgradeMayNeedStaysHoweverMuchItIs() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        List<String> young = List.of(put(store, 1, 0), put(store, 2, 0), put(store, 3, 0), put(store, 4, 0));

        assertThat(store.forgetUnused(new Retention(0, Duration.ofHours(1)))).isZero();

        assertThat(kept(store, young)).isEqualTo(young);
    }

    @Test
    void aDeletionThatWasCutOffLeavesNoArtifactAndIsFinishedLater() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        String cutOff = put(store, 1, 24 * 8);
        Path forgotten = store.partialDirectory().resolve(cutOff + ".forgotten");
        Files.move(store.find(cutOff).orElseThrow(), forgotten);
        assertThat(new ArtifactStore(home, CLOCK).find(cutOff)).isEmpty();

        assertThat(store.forgetUnused(RETENTION)).isZero();

        assertThat(forgotten).doesNotExist();
    }

    @Test
    void anArtifactThatIsAlwaysInUseIsNeverTakenAway() throws Exception {
        ArtifactStore store = new ArtifactStore(home, CLOCK);
        String wanted = put(store, 1, 0);
        Path file = store.find(wanted).orElseThrow();
        AtomicBoolean over = new AtomicBoolean();
        Retention nothing = new Retention(0, Duration.ofHours(1));
        Thread sweeper = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                try {
                    var _ = store.forgetUnused(nothing);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        try {
            for (int i = 0; i < 2_000; i++) {
                try {
                    Files.setLastModifiedTime(file, FileTime.from(NOW.minus(Duration.ofHours(2))));
                } catch (NoSuchFileException e) {
                    // It was unused for a moment, and was taken away.
                }
                if (store.use(wanted).isPresent()) {
                    await().atMost(Duration.ofSeconds(5))
                            .pollDelay(Duration.ZERO)
                            .pollInterval(Duration.ofMillis(1))
                            .until(() -> store.find(wanted).isPresent());
                } else {
                    assertThat(put(store, 1, 0)).isEqualTo(wanted);
                }
            }
        } finally {
            over.set(true);
            sweeper.join();
        }
    }

    @Test
    void retentionThatCouldTakeAnArtifactFromAnUpgradeStopsTheStartUp() {
        assertThatThrownBy(() -> new Retention(-1, Duration.ofHours(1))).hasMessageContaining("max-bytes");
        assertThatThrownBy(() -> new Retention(1, Duration.ofMinutes(59))).hasMessageContaining("at least PT1H");
    }

    /** 100 bytes, last used some hours ago. */
    private static String put(ArtifactStore store, int seed, int hours) throws IOException {
        byte[] content = new byte[100];
        content[0] = (byte) seed;
        String sha256 = TestJar.sha256(content);
        Path file = Files.write(store.partialDirectory().resolve("x" + seed), content);
        Path stored = store.adopt(file, sha256);
        Files.setLastModifiedTime(
                stored, FileTime.from(NOW.minus(Duration.ofHours(hours)).minusMillis(hours)));
        return sha256;
    }

    private static List<String> kept(ArtifactStore store, List<String> all) {
        return all.stream().filter(sha256 -> store.find(sha256).isPresent()).toList();
    }
}
