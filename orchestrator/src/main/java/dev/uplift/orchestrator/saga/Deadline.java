/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import java.time.Duration;

/**
 * When the saga's timer is due.
 *
 * @param after from the commit of the transition that set it
 */
public record Deadline(Timer timer, Duration after) {}
