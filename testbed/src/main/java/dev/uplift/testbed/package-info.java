/** What tests share, and nothing else uses: conditions under which they run, samples of long tables, forwarded ports. */
@NullMarked
package dev.uplift.testbed;

import org.jspecify.annotations.NullMarked;
