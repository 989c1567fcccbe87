/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import java.nio.file.Path;
import java.util.List;

/**
 * How this service works with PostgreSQL.
 *
 * @param jobs parallel jobs of {@code pg_dump} and {@code pg_restore}, 1 to 64
 * @param toolDirectories where their programs are looked for first
 * @param minimumMajor oldest server that the application works on; 0: not stated
 */
public record PostgresOptions(int jobs, List<Path> toolDirectories, int minimumMajor) {
    public PostgresOptions {
        if (jobs < 1 || jobs > 64) {
            throw new IllegalArgumentException("uplift.backup.postgres.jobs is " + jobs + ", 1 to 64 is possible");
        }
        toolDirectories = List.copyOf(toolDirectories);
    }
}
