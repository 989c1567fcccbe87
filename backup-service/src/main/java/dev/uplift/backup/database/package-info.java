/** What the service asks of an application's database, whatever its kind. */
@NullMarked
package dev.uplift.backup.database;

import org.jspecify.annotations.NullMarked;
