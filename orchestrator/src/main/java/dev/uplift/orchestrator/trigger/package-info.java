/** What comes in on the trigger topic. */
@NullMarked
package dev.uplift.orchestrator.trigger;

import org.jspecify.annotations.NullMarked;
