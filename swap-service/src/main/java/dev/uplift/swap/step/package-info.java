/** The steps of the saga that the swap-service takes. */
@NullMarked
package dev.uplift.swap.step;

import org.jspecify.annotations.NullMarked;
