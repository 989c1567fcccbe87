/** What the swap-service does to applications, and how it fails. */
@NullMarked
package dev.uplift.swap;

import org.jspecify.annotations.NullMarked;
