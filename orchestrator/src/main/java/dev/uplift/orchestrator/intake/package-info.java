/** What workers answer: each kind of answer goes to the feature that handles it. */
@NullMarked
package dev.uplift.orchestrator.intake;

import org.jspecify.annotations.NullMarked;
