/** The messages that the orchestrator sends, and the topics they go to. */
@NullMarked
package dev.uplift.orchestrator.publish;

import org.jspecify.annotations.NullMarked;
