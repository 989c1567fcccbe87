/** Runs the steps that commands ask for: what the artifact, backup and swap services share. */
@NullMarked
package dev.uplift.messaging.worker;

import org.jspecify.annotations.NullMarked;
