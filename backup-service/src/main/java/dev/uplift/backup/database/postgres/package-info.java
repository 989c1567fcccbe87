/** Application databases on a PostgreSQL server. */
@NullMarked
package dev.uplift.backup.database.postgres;

import org.jspecify.annotations.NullMarked;
