/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes backups that retention does not keep. One whose manifest cannot be trusted is neither counted nor deleted. */
public record Pruning(BackupStore store, BackupSeal seal, Retention retention, Clock clock) {
    private static final Logger LOG = LoggerFactory.getLogger(Pruning.class);

    /**
     * Deletes those of one installation.
     *
     * @param needed never deleted
     */
    public void prune(UUID installation, Set<UUID> needed) throws IOException {
        Instant youngest = clock.instant().minus(retention.minAge());
        List<Manifest> newestFirst = trusted(installation).stream()
                .sorted(Comparator.comparing(Manifest::takenAt).reversed())
                .toList();
        for (Manifest manifest : newestFirst.stream().skip(retention.count()).toList()) {
            if (manifest.takenAt().isBefore(youngest) && !needed.contains(manifest.backupId())) {
                store.delete(installation, manifest.backupId());
                LOG.info("pruned backup {} of installation {}", manifest.backupId(), installation);
            }
        }
    }

    private List<Manifest> trusted(UUID installation) throws IOException {
        List<Manifest> manifests = new ArrayList<>();
        for (UUID id : store.list(installation)) {
            Optional<StoredBackup> backup = store.find(installation, id);
            try {
                if (backup.isPresent()) {
                    Manifest manifest = seal.manifest(backup.get());
                    if (manifest.backupId().equals(id)) {
                        manifests.add(manifest);
                    }
                }
            } catch (IOException | StepFailure e) {
                LOG.warn("retention leaves {} of installation {} alone: {}", id, installation, e.getMessage());
            }
        }
        return manifests;
    }
}
