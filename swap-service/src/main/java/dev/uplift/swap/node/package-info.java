/** One application on its host: what is there, what runs, what it answers. */
@NullMarked
package dev.uplift.swap.node;

import org.jspecify.annotations.NullMarked;
