/** The whole product: real Kafka, PostgreSQL, services and applications as processes, and faults between them. */
@NullMarked
package dev.uplift.systemtests;

import org.jspecify.annotations.NullMarked;
