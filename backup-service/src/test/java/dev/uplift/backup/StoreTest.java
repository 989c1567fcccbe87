package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.Retention;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.worker.StepFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreTest {
    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

    @TempDir
    Path home;

    private final UUID installation = UUID.randomUUID();

    private BackupStore store() throws Exception {
        return new BackupStore(home, new Retention(2, Duration.ofHours(24)), Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private UUID put(BackupStore store, Instant takenAt) throws Exception {
        UUID id = UUID.randomUUID();
        Path partial = store.begin(installation, id, "1_1_1");
        Files.writeString(partial.resolve("content"), "of " + id);
        var _ = store.seal(
                partial,
                (sizeBytes, count, list) -> new Manifest(
                        1,
                        id,
                        installation,
                        "name",
                        UUID.randomUUID(),
                        1,
                        "p",
                        new Release("v1", null, "ab".repeat(32), null),
                        "h2",
                        "h2:x",
                        "H2",
                        "copy",
                        1L,
                        "cd".repeat(32),
                        takenAt,
                        sizeBytes,
                        count,
                        list));
        var _ = store.publish(partial, installation, id);
        return id;
    }

    @Test
    void retentionKeepsTheNewestTheYoungAndTheNeeded() throws Exception {
        BackupStore store = store();
        List<UUID> ids = new ArrayList<>();
        for (int days = 10; days > 4; days--) {
            ids.add(put(store, NOW.minus(Duration.ofDays(days))));
        }
        store.prune(installation, Set.of(ids.get(1)));
        assertThat(kept(store, ids)).containsExactly(ids.get(1), ids.get(4), ids.get(5));
        assertThat(store.kept(installation)).containsExactlyInAnyOrder(ids.get(1), ids.get(4), ids.get(5));

        List<UUID> young = new ArrayList<>();
        for (int hours = 1; hours < 5; hours++) {
            young.add(put(store, NOW.minus(Duration.ofHours(hours))));
        }
        store.prune(installation, Set.of());
        assertThat(kept(store, ids)).isEmpty();
        assertThat(kept(store, young)).isEqualTo(young);
    }

    @Test
    void aBackupThatCannotBeTrustedIsNeitherCountedNorDeleted() throws Exception {
        BackupStore store = store();
        UUID bad = put(store, NOW.minus(Duration.ofDays(1)));
        UUID good = put(store, NOW.minus(Duration.ofDays(5)));
        UUID older = put(store, NOW.minus(Duration.ofDays(6)));
        Files.writeString(store.require(installation, bad).resolve("manifest.mac"), "00");

        store.prune(installation, Set.of());
        assertThat(kept(store, List.of(bad, good, older))).containsExactly(bad, good, older);
    }

    @Test
    void theKeyIsMadeOnceAndOnlyItsOwnerReadsIt() throws Exception {
        UUID id = put(store(), NOW);
        Path key = home.resolve("keys/backup-mac.key");

        assertThat(Files.getPosixFilePermissions(key)).hasSize(2);
        assertThat(store().verify(store().require(installation, id), bytes -> {})
                        .backupId())
                .isEqualTo(id);
        Files.delete(key);
        assertThatThrownBy(() -> store().verify(store().require(installation, id), bytes -> {}))
                .isInstanceOfSatisfying(
                        StepFailure.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BACKUP_CORRUPT));
    }

    @Test
    void everyChangeInABackupIsFound() throws Exception {
        BackupStore store = store();
        Path backup = store.require(installation, put(store, NOW));
        Files.writeString(backup.resolve("added"), "x");
        assertCorrupt(store, backup, "added was added");
        Files.delete(backup.resolve("added"));
        Files.delete(backup.resolve("content"));
        assertCorrupt(store, backup, "content is missing");
        Files.createSymbolicLink(backup.resolve("content"), home.resolve("keys/backup-mac.key"));
        assertCorrupt(store, backup, "content is missing");
        Files.writeString(backup.resolve("files.sha256"), "");
        assertCorrupt(store, backup, "files.sha256 was changed");
        Files.delete(backup.resolve("files.sha256"));
        assertCorrupt(store, backup, "files.sha256 is missing");
    }

    @Test
    void warningsAreTheStoresOwnAndThatBackupsOrAreToldAsLost() throws Exception {
        BackupStore store = store();
        List<Check> warned = List.of(new Check("database.incomplete", Check.Verdict.WARN, "run this: ALTER ..."));
        UUID id = put(store, NOW);
        Path backup = store.require(installation, id);
        assertLost(store.warnings(backup, id));
        store.warn(backup, id, warned);
        assertThat(store.warnings(backup, id)).isEqualTo(warned);
        assertThat(store.verify(backup, bytes -> {}).backupId()).isEqualTo(id);

        assertLost(store.warnings(backup, UUID.randomUUID()));
        Path file = backup.resolve("warnings.json");
        String written = Files.readString(file);
        for (String changed : List.of(written.replace("ALTER", "DROP"), "[", "")) {
            Files.writeString(file, changed);
            assertLost(store.warnings(backup, id));
        }
        Files.delete(file);
        Files.createDirectory(file);
        assertLost(store.warnings(backup, id));
    }

    private static void assertLost(List<Check> warnings) {
        assertThat(warnings).singleElement().satisfies(check -> {
            assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN);
            assertThat(check.detail()).contains("was changed or cannot be read");
        });
    }

    @Test
    void aFileIsReadOnlyIfItIsWhatWasWritten() throws Exception {
        BackupStore store = store();
        UUID id = put(store, NOW);
        Path backup = store.require(installation, id);
        assertThat(store.read(backup, "content")).asString().isEqualTo("of " + id);

        assertThatThrownBy(() -> store.read(backup, "manifest.json")).hasMessageContaining("manifest.json was changed");
        Files.writeString(backup.resolve("content"), "of somebody");
        assertThatThrownBy(() -> store.read(backup, "content")).hasMessageContaining("content was changed");
        Files.delete(backup.resolve("content"));
        assertThatThrownBy(() -> store.read(backup, "content")).hasMessageContaining("content is missing");
    }

    @Test
    void retentionThatCouldDeleteTheLastBackupStopsTheStartUp() {
        assertThatThrownBy(() -> new Retention(0, Duration.ofHours(24))).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new Retention(1, Duration.ZERO)).hasMessageContaining("at least PT1H");
    }

    private static void assertCorrupt(BackupStore store, Path backup, String detail) {
        assertThatThrownBy(() -> store.verify(backup, bytes -> {})).hasMessageContaining(detail);
    }

    private List<UUID> kept(BackupStore store, List<UUID> ids) {
        return ids.stream()
                .filter(id -> store.find(installation, id).isPresent())
                .toList();
    }
}
