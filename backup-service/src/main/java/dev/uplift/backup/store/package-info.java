/** Where backups are kept, what makes them known to be whole and our own, and for how long they are kept. */
@NullMarked
package dev.uplift.backup.store;

import org.jspecify.annotations.NullMarked;
