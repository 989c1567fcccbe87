/** What tests of other modules use. */
@NullMarked
package dev.uplift.host.testing;

import org.jspecify.annotations.NullMarked;
