/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Messages on Kafka: CloudEvents 1.0 in binary mode (headers {@code ce_*}), bodies in JSON. */
public final class WireCodec {
    private static final String CONTENT_TYPE = "application/json";
    private static final String TRACEPARENT = "traceparent";
    private static final List<String> NEEDED = List.of("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject");
    private static final Pattern TRACE = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
    private static final Pattern TYPE_NAME = Pattern.compile("[a-z0-9.-]{1,64}");

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
     * Understands a record. A trace context that is not well formed is dropped: it is no reason to refuse a
     * message.
     *
     * @throws MalformedMessageException if it is no CloudEvent in binary mode, its type is unknown, its
     *     body is not that type's, its key is not its subject, or its body is about something else than its
     *     subject
     */
    public static Message decode(ConsumerRecord<String, byte[]> record) throws MalformedMessageException {
        CloudEvent event = event(record.headers(), record.value());
        String type = event.getType();
        Class<?> bodyType = MessageType.bodyOf(type)
                .orElseThrow(() -> new MalformedMessageException(
                        "unknown message type" + (TYPE_NAME.matcher(type).matches() ? " " + type : "")));
        if (event.getSubject() == null || !event.getSubject().equals(record.key())) {
            throw new MalformedMessageException("the record's key is not the event's subject");
        }
        Message message = message(event, record.timestamp(), body(record.value(), type, bodyType));
        requireFits(message);
        return message;
    }

    /** A message's body as JSON. */
    public static byte[] bytes(Object body) {
        try {
            return Json.mapper().writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a " + body.getClass().getSimpleName() + " has no JSON form", e);
        }
    }

    private static CloudEvent event(Headers headers, byte @Nullable [] value) throws MalformedMessageException {
        if (value == null) {
            throw new MalformedMessageException("the record has no value");
        }
        if (value.length > Json.DOCUMENT_BYTES_MAX) {
            throw new MalformedMessageException(
                    "the body has " + value.length + " bytes, at most " + Json.DOCUMENT_BYTES_MAX + " are taken");
        }
        requireHeaders(headers);
        try {
            return KafkaMessageFactory.createReader(headers, value).toEvent();
        } catch (CloudEventRWException e) {
            throw new MalformedMessageException("no valid CloudEvent: " + e.getKind());
        } catch (IllegalStateException | IllegalArgumentException | DateTimeException e) {
            throw new MalformedMessageException("no valid CloudEvent: its headers are not valid");
        }
    }

    /** Readers differ in which of two equal headers they take, and in what they do with one that has no value. */
    private static void requireHeaders(Headers headers) throws MalformedMessageException {
        Set<String> seen = new HashSet<>();
        for (Header header : headers) {
            if (header.key().startsWith("ce_") || header.key().equals("content-type")) {
                if (!seen.add(header.key())) {
                    throw new MalformedMessageException("a CloudEvent header occurs twice");
                }
                if (header.value() == null) {
                    throw new MalformedMessageException("a CloudEvent header has no value");
                }
            }
        }
        for (String name : NEEDED) {
            Header header = headers.lastHeader(name);
            if (header == null) {
                throw new MalformedMessageException("no CloudEvent in binary mode: header " + name + " is missing");
            }
            try {
                Checks.text(new String(header.value(), StandardCharsets.UTF_8), "header " + name);
            } catch (IllegalArgumentException e) {
                throw new MalformedMessageException(String.valueOf(e.getMessage()));
            }
        }
    }

    private static Object body(byte[] json, String type, Class<?> bodyType) throws MalformedMessageException {
        try {
            Object body = Json.mapper().readValue(json, bodyType);
            if (body == null) {
                throw new MalformedMessageException("the body is not a valid " + type + ": it is null");
            }
            return body;
        } catch (JacksonException e) {
            throw new MalformedMessageException("the body is not a valid " + type + ": " + JsonProblem.of(e));
        } catch (IOException e) {
            throw new MalformedMessageException("the body is not readable");
        }
    }

    private static Message message(CloudEvent event, long timestamp, Object body) throws MalformedMessageException {
        try {
            return new Message(
                    UUID.fromString(event.getId()),
                    event.getType(),
                    event.getSource(),
                    String.valueOf(event.getSubject()),
                    Optional.ofNullable(event.getTime())
                            .map(OffsetDateTime::toInstant)
                            .orElseGet(() -> Instant.ofEpochMilli(timestamp)),
                    Optional.ofNullable(event.getExtension(TRACEPARENT))
                            .map(Object::toString)
                            .filter(trace -> TRACE.matcher(trace).matches())
                            .orElse(null),
                    body);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("header ce_id is not a UUID");
        }
    }

    /** The headers route a message and the body is acted on: they must not speak of different things. */
    private static void requireFits(Message message) throws MalformedMessageException {
        if (message.body() instanceof StepCommand command) {
            if (!command.step().directions().contains(command.direction())
                    || !command.step().commandType(command.direction()).equals(message.type())) {
                throw new MalformedMessageException(
                        "the body is not a valid " + message.type() + ": step and direction are another command's");
            }
        }
        Optional<Object> subject = switch (message.body()) {
            case StepCommand command -> Optional.of(command.installation().id());
            case StepResult result -> Optional.of(result.installationId());
            case CommandRefused refused -> Optional.of(refused.source());
            case Inspection inspection -> Optional.of(inspection.installationId());
            case FenceTaking taking -> Optional.of(taking.installationId());
            case FenceTaken taken -> Optional.of(taken.installationId());
            case Discovery discovery -> Optional.of(discovery.discoveryId());
            case InstallationStatus status -> Optional.of(status.id());
            case InstallationRemoved removed -> Optional.of(removed.installationId());
            case UpgradeStatus status -> Optional.of(status.id());
            case UpgradeTransitioned transition -> Optional.of(transition.installationId());
            default -> Optional.empty();
        };
        if (subject.isPresent() && !subject.get().toString().equals(message.key())) {
            throw new MalformedMessageException("the body is not about the event's subject");
        }
    }
}
