/** The {@code uplift} command: a client of the orchestrator's REST, and the way to run the standalone. */
@NullMarked
package dev.uplift.cli;

import org.jspecify.annotations.NullMarked;
