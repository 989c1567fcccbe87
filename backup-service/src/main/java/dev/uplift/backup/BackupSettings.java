/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.worker.WorkerSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What this process is told by its environment. Backups are in the home's {@code backups/}, the key of their MACs
 * is in {@code keys/}, classes of H2 that copies are proven with are in {@code h2/}.
 */
@ConfigMapping(prefix = "uplift")
public interface BackupSettings extends WorkerSettings {
    /** How many installations are backed up or restored at a time. Default 4, at least 1. */
    @WithName("backup.threads")
    @WithDefault("4")
    int threads();

    /** Parallel jobs of one {@code pg_dump} or {@code pg_restore}. Default 2; 1 to 64. */
    @WithName("backup.postgres.jobs")
    @WithDefault("2")
    int postgresJobs();

    /**
     * Directories with {@code pg_dump} and {@code pg_restore} that are preferred to those in {@code
     * /usr/lib/postgresql} and on the {@code PATH}. Default: none.
     */
    @WithName("backup.postgres.tools")
    Optional<List<Path>> postgresTools();

    /** The socket of the Docker Engine of this machine. Default {@code /var/run/docker.sock}; it need not exist. */
    @WithName("docker.socket")
    @WithDefault("/var/run/docker.sock")
    Path dockerSocket();

    /** How many verified backups of an installation are kept. Default 5, at least 1. */
    @WithName("backup.retention.count")
    @WithDefault("5")
    int retentionCount();

    /** No backup younger than this is deleted. Default 24 h, at least 1 h. */
    @WithName("backup.retention.min-age")
    @WithDefault("24H")
    Duration retentionMinAge();
}
