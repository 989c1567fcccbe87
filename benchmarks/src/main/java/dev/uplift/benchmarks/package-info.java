/** Measures what the orchestrator carries: real Kafka, PostgreSQL and orchestrator, with workers that answer at once. */
@NullMarked
package dev.uplift.benchmarks;

import org.jspecify.annotations.NullMarked;
