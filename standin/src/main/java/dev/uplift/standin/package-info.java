/**
 * Stand-in dashboards from outside: stamps releases of them, starts them as an operator would by hand, writes numbered
 * rows to them and checks what is left. For tests and for {@code uplift demo}.
 */
@NullMarked
package dev.uplift.standin;

import org.jspecify.annotations.NullMarked;
