/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;

/** Makes the outgoing channel whose producer {@link OutboxRelay} sends with: a channel is there for those who inject it. */
@Singleton
@Unremovable
final class RelayChannel {
    RelayChannel(@Channel("relay") Emitter<byte[]> emitter) {}
}
