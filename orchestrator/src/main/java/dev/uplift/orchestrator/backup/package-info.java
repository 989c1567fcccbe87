/** The proven backups, as they are listed. */
@NullMarked
package dev.uplift.orchestrator.backup;

import org.jspecify.annotations.NullMarked;
