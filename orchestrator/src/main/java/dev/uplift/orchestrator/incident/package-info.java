/** Incidents: what a person should see although no saga is about it. */
@NullMarked
package dev.uplift.orchestrator.incident;

import org.jspecify.annotations.NullMarked;
