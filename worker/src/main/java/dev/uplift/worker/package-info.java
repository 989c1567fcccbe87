/**
 * A service that runs steps: commands from Kafka wait in a queue, run one at a time per installation, and are answered; and
 * what a step is made of, its effects, failures, log and progress.
 */
@NullMarked
package dev.uplift.worker;

import org.jspecify.annotations.NullMarked;
