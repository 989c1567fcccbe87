/** What the workers of a site reach. */
@NullMarked
package dev.uplift.swap.site;

import org.jspecify.annotations.NullMarked;
