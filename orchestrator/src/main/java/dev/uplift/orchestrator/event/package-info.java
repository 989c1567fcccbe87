/** The live feed of transitions and changed states. */
@NullMarked
package dev.uplift.orchestrator.event;

import org.jspecify.annotations.NullMarked;
