package dev.uplift.contract;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/** Messages on Kafka: CloudEvents 1.0 in binary mode (headers {@code ce_*}), bodies in JSON. */
public final class WireCodec {
    private static final String CONTENT_TYPE = "application/json";
    private static final String TRACEPARENT = "traceparent";

    private WireCodec() {}

    /** The record to send to {@code topic}. */
    public static ProducerRecord<String, byte[]> encode(String topic, Message message) {
        CloudEventBuilder event = CloudEventBuilder.v1()
                .withId(message.id().toString())
                .withType(message.type())
                .withSource(message.source())
                .withSubject(message.key())
                .withTime(OffsetDateTime.ofInstant(message.time(), ZoneOffset.UTC))
                .withData(CONTENT_TYPE, bytes(message.body()));
        if (message.traceparent() != null) {
            event.withExtension(TRACEPARENT, message.traceparent());
        }
        ProducerRecord<String, byte[]> binary =
                KafkaMessageFactory.<String>createWriter(topic, message.key()).writeBinary(event.build());
        if (message.traceparent() != null) {
            binary.headers().add(TRACEPARENT, message.traceparent().getBytes(StandardCharsets.UTF_8));
        }
        return binary;
    }

    /**
     * Understands a record.
     *
     * @throws MalformedMessageException if it is no CloudEvent in binary mode, its type is unknown, its
     *     body is not that type's, or its key is not its subject
     */
    public static Message decode(ConsumerRecord<String, byte[]> record) throws MalformedMessageException {
        CloudEvent event = event(record.headers(), record.value());
        Class<?> bodyType = MessageType.bodyOf(event.getType())
                .orElseThrow(() -> new MalformedMessageException("unknown message type"));
        if (event.getSubject() == null || !event.getSubject().equals(record.key())) {
            throw new MalformedMessageException("the record's key is not the event's subject");
        }
        if (event.getData() == null) {
            throw new MalformedMessageException("the event has no body");
        }
        try {
            Object body = Json.mapper().readValue(event.getData().toBytes(), bodyType);
            if (body == null) {
                throw new MalformedMessageException("the body is null");
            }
            return new Message(
                    id(event),
                    event.getType(),
                    event.getSource(),
                    event.getSubject(),
                    Optional.ofNullable(event.getTime())
                            .map(OffsetDateTime::toInstant)
                            .orElseGet(() -> Instant.ofEpochMilli(record.timestamp())),
                    Optional.ofNullable(event.getExtension(TRACEPARENT))
                            .map(Object::toString)
                            .orElse(null),
                    body);
        } catch (JacksonException e) {
            throw new MalformedMessageException("the body is not a valid " + event.getType() + ": " + reason(e));
        } catch (IOException | IllegalArgumentException e) {
            throw new MalformedMessageException("the event is not valid: " + firstLine(e));
        }
    }

    /** A message's body as JSON. */
    public static byte[] bytes(Object body) {
        try {
            return Json.mapper().writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a " + body.getClass().getSimpleName() + " has no JSON form", e);
        }
    }

    private static CloudEvent event(Headers headers, byte[] value) throws MalformedMessageException {
        if (value == null) {
            throw new MalformedMessageException("the record has no value");
        }
        if (headers.lastHeader("ce_specversion") == null) {
            throw new MalformedMessageException("no CloudEvent in binary mode: header ce_specversion is missing");
        }
        try {
            return KafkaMessageFactory.createReader(headers, value).toEvent();
        } catch (CloudEventRWException | IllegalStateException | IllegalArgumentException e) {
            throw new MalformedMessageException("no valid CloudEvent: " + firstLine(e));
        }
    }

    private static UUID id(CloudEvent event) throws MalformedMessageException {
        try {
            return UUID.fromString(event.getId());
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("the event's id is not a UUID");
        }
    }

    private static String reason(JacksonException e) {
        Throwable cause = e.getCause();
        return cause instanceof IllegalArgumentException ? firstLine(cause) : firstLine(e.getOriginalMessage());
    }

    private static String firstLine(Throwable e) {
        return firstLine(Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName()));
    }

    private static String firstLine(String text) {
        String line = text.lines().findFirst().orElse("");
        return line.length() > 300 ? line.substring(0, 300) : line;
    }
}
