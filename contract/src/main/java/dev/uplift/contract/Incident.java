/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;

/**
 * Something that a person should see: a message nobody understands, a request that was refused, or a
 * defect.
 *
 * @param source where it came in: a topic with partition and offset, or a REST path
 */
public record Incident(UUID id, Instant at, String source, String problem) {}
