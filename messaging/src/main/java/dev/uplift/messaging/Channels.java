/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/** The channels of this process, with Kafka's clients behind them. Thread-safe. */
public interface Channels {
    /**
     * What the thread that reads for a channel finds.
     *
     * @param bytes how many Kafka has sent it so far
     * @param heartbeatSeconds how long ago it told its group of itself; negative: never
     * @param behind whether there are records that it has not read, as far as it was told
     */
    record Reading(double bytes, double heartbeatSeconds, boolean behind) {}

    /**
     * Who sends what leaves on a channel; whoever asks does not close it.
     *
     * @throws IllegalStateException if no outgoing channel has this name
     */
    Producer<String, byte[]> producer(String channel);

    /**
     * Asks the thread that reads for a channel how it does; does not wait.
     *
     * @param answer called by that thread, with null if it could not tell; never if it hangs or the channel is closed
     */
    void ask(String channel, Consumer<@Nullable Reading> answer);
}
