/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import dev.uplift.contract.Topics;
import dev.uplift.messaging.BatchIntake;
import dev.uplift.messaging.IncomingChannels;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.intake.ResultsHandler;
import dev.uplift.orchestrator.trigger.TriggerHandler;
import dev.uplift.orchestrator.watermark.Watermark;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.annotations.Blocking;
import io.smallrye.reactive.messaging.kafka.KafkaRecordBatch;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Acknowledgment;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** What comes in by Kafka. */
@Singleton
final class KafkaIntake {
    private static final String TRIGGERS = "triggers";

    private final BatchIntake results;
    private final BatchIntake triggers;

    KafkaIntake(
            MessagingRuntime messaging,
            ResultsHandler results,
            TriggerHandler triggers,
            IncidentRepository deadLetters) {
        this.results = messaging.intake("results", Watermark.CONSUMER, Watermark.topics(), results, deadLetters);
        this.triggers = messaging.intake("triggers", TRIGGERS, List.of(Topics.TRIGGERS), triggers, deadLetters);
    }

    @Produces
    @Identifier("results")
    static Map<String, Object> resultsConfig(IncomingChannels channels) {
        return channels.config(Watermark.CONSUMER);
    }

    @Produces
    @Identifier("triggers")
    static Map<String, Object> triggersConfig(IncomingChannels channels) {
        return channels.config(TRIGGERS);
    }

    @Incoming("results")
    @Blocking
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    CompletionStage<Void> results(KafkaRecordBatch<String, byte[]> batch) {
        return results.take(batch);
    }

    @Incoming("triggers")
    @Blocking
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    CompletionStage<Void> triggers(KafkaRecordBatch<String, byte[]> batch) {
        return triggers.take(batch);
    }
}
