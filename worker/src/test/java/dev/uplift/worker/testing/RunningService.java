/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker.testing;

import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

/**
 * A service as the orchestrator and operators see it.
 *
 * @param root of its HTTP
 */
public record RunningService(URI root, String bootstrapServers) {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Sends a command and waits for its answer. */
    public StepResult run(StepCommand command) throws Exception {
        Message message = new Message(
                command.commandId(),
                command.step().commandType(command.direction()),
                URI.create("/uplift/test"),
                command.installation().id().toString(),
                Instant.now(),
                null,
                command);
        try (KafkaProducer<String, byte[]> producer =
                        new KafkaProducer<>(client(), new StringSerializer(), new ByteArraySerializer());
                KafkaConsumer<String, byte[]> results =
                        new KafkaConsumer<>(client(), new StringDeserializer(), new ByteArrayDeserializer())) {
            producer.send(WireCodec.encode(
                            Topics.commands(
                                    command.step().service(),
                                    command.installation().site()),
                            message))
                    .get();
            results.subscribe(List.of(Topics.results(command.step().service())));
            return Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> answer(results, command), Optional::isPresent)
                    .orElseThrow();
        }
    }

    /** The answer to a request without a body; {@code headers} are names and values in turn. */
    public HttpResponse<byte[]> ask(String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(root + path)).method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }

    /** What a GET answers. */
    public String text(String path) throws IOException, InterruptedException {
        return new String(ask("GET", path).body(), StandardCharsets.UTF_8);
    }

    private Map<String, Object> client() {
        return Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "group.id",
                "test-" + UUID.randomUUID(),
                "auto.offset.reset",
                "earliest",
                "enable.auto.commit",
                false);
    }

    private static Optional<StepResult> answer(KafkaConsumer<String, byte[]> results, StepCommand command)
            throws MalformedMessageException {
        for (ConsumerRecord<String, byte[]> record : results.poll(Duration.ofMillis(200))) {
            if (WireCodec.decode(record).body() instanceof StepResult result
                    && !(result instanceof StepResult.Progressed)
                    && result.sagaId().equals(command.sagaId())) {
                return Optional.of(result);
            }
        }
        return Optional.empty();
    }
}
