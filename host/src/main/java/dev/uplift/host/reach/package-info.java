/** What of installations is reached from this process. */
@NullMarked
package dev.uplift.host.reach;

import org.jspecify.annotations.NullMarked;
