/** A running service with a real Kafka and a real PostgreSQL, for the tests of the services. */
@NullMarked
package dev.uplift.worker.testing;

import org.jspecify.annotations.NullMarked;
