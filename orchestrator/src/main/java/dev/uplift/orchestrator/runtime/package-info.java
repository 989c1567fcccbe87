/** Puts the service together: configuration, database access, consumers, health. */
@NullMarked
package dev.uplift.orchestrator.runtime;

import org.jspecify.annotations.NullMarked;
