package dev.uplift.worker;

import io.smallrye.reactive.messaging.annotations.Blocking;
import io.smallrye.reactive.messaging.kafka.KafkaRecordBatch;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Acknowledgment;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** What comes in by Kafka. */
@Singleton
final class CommandsChannel {
    private final StepWorker worker;

    CommandsChannel(StepWorker worker) {
        this.worker = worker;
    }

    @Incoming("commands")
    @Blocking
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    CompletionStage<Void> commands(KafkaRecordBatch<String, byte[]> batch) {
        return worker.commands().take(batch);
    }
}
