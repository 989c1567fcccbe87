/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Message;

/** A message and where it was read. */
public record Received(Message message, String topic, int partition, long offset) {}
