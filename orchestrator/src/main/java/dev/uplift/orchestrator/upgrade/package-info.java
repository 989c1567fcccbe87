/** The saga's runtime: its store, the batches that drive it, its deadlines and its status. */
@NullMarked
package dev.uplift.orchestrator.upgrade;

import org.jspecify.annotations.NullMarked;
