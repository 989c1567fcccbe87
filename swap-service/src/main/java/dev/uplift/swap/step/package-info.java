/** The steps of the saga that the swap-service runs. */
@NullMarked
package dev.uplift.swap.step;

import org.jspecify.annotations.NullMarked;
