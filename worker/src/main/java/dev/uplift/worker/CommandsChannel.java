/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.messaging.IncomingChannels;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.annotations.Blocking;
import io.smallrye.reactive.messaging.kafka.KafkaRecordBatch;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Acknowledgment;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** What comes in by Kafka. */
@Singleton
final class CommandsChannel {
    static final String NAME = "commands";

    private final StepWorker worker;

    CommandsChannel(StepWorker worker) {
        this.worker = worker;
    }

    @Produces
    @Identifier(NAME)
    static Map<String, Object> config(IncomingChannels channels, WorkerSettings settings) {
        return channels.config(consumer(settings.site()));
    }

    /** Replicas at a site share its commands. */
    static String consumer(String site) {
        return NAME + "." + site;
    }

    @Incoming(NAME)
    @Blocking
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    CompletionStage<Void> commands(KafkaRecordBatch<String, byte[]> batch) {
        return worker.commands().take(batch);
    }
}
