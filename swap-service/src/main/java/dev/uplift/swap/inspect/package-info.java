/** Finding out how an application is run. */
@NullMarked
package dev.uplift.swap.inspect;

import org.jspecify.annotations.NullMarked;
