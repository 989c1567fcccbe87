/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Message;

/** A message and the topic that it shall go to. */
public record OutboundMessage(String topic, Message message) {}
