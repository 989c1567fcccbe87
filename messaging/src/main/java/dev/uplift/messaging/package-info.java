/**
 * Exactly-once effects over Kafka and PostgreSQL: batches are consumed in one transaction with the
 * inbox, messages leave through the outbox, long work waits in a queue with lease and heartbeat.
 * Knows no domain words.
 */
@NullMarked
package dev.uplift.messaging;

import org.jspecify.annotations.NullMarked;
