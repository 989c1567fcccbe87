/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import java.net.URI;
import java.time.Instant;

/**
 * What the standalone tells about itself in {@code <home>/run/standalone.json}, which is there from
 * when it is ready until it stops.
 *
 * @param pid of the supervising process
 * @param api base address of the orchestrator's REST
 * @param kafka bootstrap servers
 * @param postgresPort on loopback
 */
public record StandaloneStatus(long pid, Instant startedAt, URI api, String kafka, int postgresPort) {}
