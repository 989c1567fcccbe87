/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

/**
 * Whether a part of the messaging is at work.
 *
 * @param name of the part, such as {@code relay}
 * @param up false: it has stopped for good or hangs, and only a restart helps; a broker or database
 *     that is away does not count
 * @param detail for a person
 */
public record Liveness(String name, boolean up, String detail) {}
