/** A real Kafka and a real PostgreSQL for tests, here and in other modules. */
@NullMarked
package dev.uplift.messaging.testing;

import org.jspecify.annotations.NullMarked;
