package dev.uplift.messaging;

import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** The channels of this process, with Kafka's clients behind them. Thread-safe. */
public interface Channels {
    /**
     * Who sends what leaves on a channel; whoever asks does not close it.
     *
     * @throws IllegalStateException if no outgoing channel has this name
     */
    Producer<String, byte[]> producer(String channel);

    /**
     * Asks the thread that reads for a channel whether there are records that it has not read; does not wait.
     *
     * @param answer called by that thread; never if it hangs or the channel is closed
     */
    void askIfBehind(String channel, Consumer<Boolean> answer);
}
