/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.backup.store.BackupDraft;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.FileBackupStore;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.Pruning;
import dev.uplift.backup.store.Retention;
import dev.uplift.backup.store.StoredBackup;
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
        return new FileBackupStore(home.resolve("backups"));
    }

    private BackupSeal seal() throws Exception {
        return new BackupSeal(home.resolve("keys/backup-mac.key"));
    }

    private void prune(BackupStore store, Set<UUID> needed) throws Exception {
        Retention retention = new Retention(2, Duration.ofHours(24));
        new Pruning(store, seal(), retention, Clock.fixed(NOW, ZoneOffset.UTC)).prune(installation, needed);
    }

    private BackupDraft draft(BackupStore store, UUID id, Instant takenAt) throws Exception {
        BackupDraft draft = store.begin(installation, id, "1_1_1");
        Files.writeString(draft.directory().resolve("content"), "of " + id);
        var _ = seal().apply(
                        draft,
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
        return draft;
    }

    private UUID put(BackupStore store, Instant takenAt) throws Exception {
        UUID id = UUID.randomUUID();
        draft(store, id, takenAt).publish();
        return id;
    }

    private Path directory(UUID id) {
        return home.resolve("backups").resolve(installation.toString()).resolve(id.toString());
    }

    @Test
    void retentionKeepsTheNewestTheYoungAndTheNeeded() throws Exception {
        BackupStore store = store();
        List<UUID> ids = new ArrayList<>();
        for (int days = 10; days > 4; days--) {
            ids.add(put(store, NOW.minus(Duration.ofDays(days))));
        }
        prune(store, Set.of(ids.get(1)));
        assertThat(kept(store, ids)).containsExactly(ids.get(1), ids.get(4), ids.get(5));
        assertThat(store.list(installation)).containsExactlyInAnyOrder(ids.get(1), ids.get(4), ids.get(5));

        List<UUID> young = new ArrayList<>();
        for (int hours = 1; hours < 5; hours++) {
            young.add(put(store, NOW.minus(Duration.ofHours(hours))));
        }
        prune(store, Set.of());
        assertThat(kept(store, ids)).isEmpty();
        assertThat(kept(store, young)).isEqualTo(young);
    }

    @Test
    void aBackupThatCannotBeTrustedIsNeitherCountedNorDeleted() throws Exception {
        BackupStore store = store();
        UUID bad = put(store, NOW.minus(Duration.ofDays(1)));
        UUID good = put(store, NOW.minus(Duration.ofDays(5)));
        UUID older = put(store, NOW.minus(Duration.ofDays(6)));
        Files.writeString(directory(bad).resolve("manifest.mac"), "00");

        prune(store, Set.of());
        assertThat(kept(store, List.of(bad, good, older))).containsExactly(bad, good, older);
    }

    @Test
    void theKeyIsMadeOnceAndOnlyItsOwnerReadsIt() throws Exception {
        UUID id = put(store(), NOW);
        Path key = home.resolve("keys/backup-mac.key");

        assertThat(Files.getPosixFilePermissions(key)).hasSize(2);
        assertThat(seal().verify(store().require(installation, id), bytes -> {}).backupId())
                .isEqualTo(id);
        Files.delete(key);
        assertThatThrownBy(() -> seal().verify(store().require(installation, id), bytes -> {}))
                .isInstanceOfSatisfying(
                        StepFailure.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BACKUP_CORRUPT));
    }

    @Test
    void everyChangeInABackupIsFound() throws Exception {
        UUID id = put(store(), NOW);
        Path backup = directory(id);
        Files.writeString(backup.resolve("added"), "x");
        assertCorrupt(id, "added was added");
        Files.delete(backup.resolve("added"));
        Files.delete(backup.resolve("content"));
        assertCorrupt(id, "content is missing");
        Files.createSymbolicLink(backup.resolve("content"), home.resolve("keys/backup-mac.key"));
        assertCorrupt(id, "content is missing");
        Files.writeString(backup.resolve("files.sha256"), "");
        assertCorrupt(id, "files.sha256 was changed");
        Files.delete(backup.resolve("files.sha256"));
        assertCorrupt(id, "files.sha256 is missing");
    }

    @Test
    void aDraftIsNoBackupUntilItIsPublishedAndThenThereIsNoSecond() throws Exception {
        BackupStore store = store();
        UUID id = UUID.randomUUID();
        BackupDraft draft = draft(store, id, NOW);
        assertThat(store.find(installation, id)).isEmpty();
        assertThat(store.list(installation)).isEmpty();
        draft.publish();
        assertThat(store.list(installation)).containsExactly(id);

        BackupDraft again = draft(store, id, NOW);
        assertThatThrownBy(again::publish).hasMessageContaining("exists already");
        store.discardLeftovers(installation);
        assertThat(again.directory()).doesNotExist();
        assertThat(seal().verify(store.require(installation, id), bytes -> {}).backupId())
                .isEqualTo(id);
    }

    @Test
    void warningsAreTheStoresOwnAndThatBackupsOrAreToldAsLost() throws Exception {
        BackupStore store = store();
        List<Check> warned = List.of(new Check("database.incomplete", Check.Verdict.WARN, "run this: ALTER ..."));
        UUID id = UUID.randomUUID();
        BackupDraft draft = draft(store, id, NOW);
        assertLost(seal().warnings(draft));
        seal().warn(draft, warned);
        draft.publish();
        StoredBackup backup = store.require(installation, id);
        assertThat(seal().warnings(backup)).isEqualTo(warned);
        assertThat(seal().verify(backup, bytes -> {}).backupId()).isEqualTo(id);

        UUID other = put(store, NOW);
        for (String name : List.of("warnings.json", "warnings.mac")) {
            Files.copy(directory(id).resolve(name), directory(other).resolve(name));
        }
        assertLost(seal().warnings(store.require(installation, other)));
        Path file = directory(id).resolve("warnings.json");
        String written = Files.readString(file);
        for (String changed : List.of(written.replace("ALTER", "DROP"), "[", "")) {
            Files.writeString(file, changed);
            assertLost(seal().warnings(backup));
        }
        Files.delete(file);
        Files.createDirectory(file);
        assertLost(seal().warnings(backup));
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
        StoredBackup backup = store.require(installation, id);
        assertThat(seal().read(backup, "content")).asString().isEqualTo("of " + id);

        assertThatThrownBy(() -> seal().read(backup, "manifest.json"))
                .hasMessageContaining("manifest.json was changed");
        Files.writeString(directory(id).resolve("content"), "of somebody");
        assertThatThrownBy(() -> seal().read(backup, "content")).hasMessageContaining("content was changed");
        Files.delete(directory(id).resolve("content"));
        assertThatThrownBy(() -> seal().read(backup, "content")).hasMessageContaining("content is missing");
    }

    @Test
    void retentionThatCouldDeleteTheLastBackupStopsTheStartUp() {
        assertThatThrownBy(() -> new Retention(0, Duration.ofHours(24))).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new Retention(1, Duration.ZERO)).hasMessageContaining("at least PT1H");
    }

    private void assertCorrupt(UUID id, String detail) throws Exception {
        StoredBackup backup = store().require(installation, id);
        assertThatThrownBy(() -> seal().verify(backup, bytes -> {})).hasMessageContaining(detail);
    }

    private List<UUID> kept(BackupStore store, List<UUID> ids) {
        return ids.stream()
                .filter(id -> store.find(installation, id).isPresent())
                .toList();
    }
}
