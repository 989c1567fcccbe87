/** The embedded default: Kafka, PostgreSQL and the four services as child processes of one supervisor on one machine. */
@NullMarked
package dev.uplift.standalone;

import org.jspecify.annotations.NullMarked;
