/** What every step of this service shares: its effects, its fence, its failures. */
@NullMarked
package dev.uplift.backup.step;

import org.jspecify.annotations.NullMarked;
