/**
 * The test bed: stamps releases of the stand-in dashboard, starts them as an operator would by hand,
 * writes numbered rows to them and checks what is left.
 */
@NullMarked
package dev.uplift.testbed;

import org.jspecify.annotations.NullMarked;
