/** The backup-service: takes, proves, keeps and restores backups of application databases. */
@NullMarked
package dev.uplift.backup;

import org.jspecify.annotations.NullMarked;
