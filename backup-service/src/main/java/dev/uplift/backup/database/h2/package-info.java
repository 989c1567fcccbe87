/** Application databases in an H2 file. */
@NullMarked
package dev.uplift.backup.database.h2;

import org.jspecify.annotations.NullMarked;
