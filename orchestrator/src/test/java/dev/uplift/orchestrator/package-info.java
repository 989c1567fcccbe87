/** The orchestrator with real Kafka and PostgreSQL. */
@NullMarked
package dev.uplift.orchestrator;

import org.jspecify.annotations.NullMarked;
