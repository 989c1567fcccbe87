/** The backups that are kept: files with their hashes, a manifest with its MAC, retention. */
@NullMarked
package dev.uplift.backup.store;

import org.jspecify.annotations.NullMarked;
