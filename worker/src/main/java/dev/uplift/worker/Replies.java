/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.Json;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Progress;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.DeadLetter;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.OutboundMessage;
import dev.uplift.worker.WorkItem.StoredReply;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a worker says. */
final class Replies {
    private final String topic;
    private final URI source;
    private final Clock clock;

    Replies(ServiceName service, Clock clock) {
        this.topic = Topics.results(service);
        this.source = URI.create("/uplift/" + service.wireName());
        this.clock = clock;
    }

    /** How a step ended, to be kept with its command. */
    static StoredReply of(WorkItem item, StepCommand command, StepOutcome outcome) {
        UUID installation = command.installation().id();
        return switch (outcome) {
            case StepOutcome.Succeeded(var output) ->
                stored(
                        item,
                        MessageType.STEP_SUCCEEDED,
                        new StepResult.Succeeded(
                                command.sagaId(),
                                installation,
                                command.stepIndex(),
                                command.direction(),
                                command.attempt(),
                                output));
            case StepOutcome.Failed(var code, var retryable, var detail) ->
                stored(
                        item,
                        MessageType.STEP_FAILED,
                        new StepResult.Failed(
                                command.sagaId(),
                                installation,
                                command.stepIndex(),
                                command.direction(),
                                command.attempt(),
                                code,
                                retryable,
                                OneLine.of(detail)));
        };
    }

    static StoredReply of(WorkItem item, MessageHandler.Reply reply) {
        return stored(item, reply.type(), reply.body());
    }

    private static StoredReply stored(WorkItem item, String type, Object body) {
        return new StoredReply(
                item.commandId(), item.key(), type, new String(WireCodec.bytes(body), StandardCharsets.UTF_8));
    }

    /** A kept answer as a message: every copy has the same id. */
    OutboundMessage message(StoredReply reply, @Nullable String traceparent) {
        UUID id = UuidCreator.getNameBasedSha1(reply.commandId(), "reply");
        return new OutboundMessage(
                topic, new Message(id, reply.type(), source, reply.key(), clock.instant(), traceparent, body(reply)));
    }

    OutboundMessage progress(StepCommand command, Progress progress, @Nullable String traceparent) {
        UUID installation = command.installation().id();
        StepResult.Progressed body = new StepResult.Progressed(
                command.sagaId(), installation, command.stepIndex(), command.direction(), command.attempt(), progress);
        return new OutboundMessage(
                topic,
                new Message(
                        UUID.randomUUID(),
                        MessageType.STEP_PROGRESSED,
                        source,
                        installation.toString(),
                        clock.instant(),
                        traceparent,
                        body));
    }

    /** A message that is not answered yet waits or is worked at. */
    OutboundMessage underway(String key, MessageHandler.Reply sign) {
        return new OutboundMessage(
                topic, new Message(UUID.randomUUID(), sign.type(), source, key, clock.instant(), null, sign.body()));
    }

    /** A command went to the dead letters: the orchestrator makes an incident of it. */
    OutboundMessage refused(DeadLetter letter) {
        CommandRefused body = new CommandRefused(letter.source(), letter.reason());
        return new OutboundMessage(
                topic,
                new Message(
                        UUID.randomUUID(),
                        MessageType.COMMAND_REFUSED,
                        source,
                        body.source(),
                        clock.instant(),
                        null,
                        body));
    }

    private static Object body(StoredReply reply) {
        Class<?> type = MessageType.bodyOf(reply.type())
                .orElseThrow(() -> new IllegalStateException("no message type " + reply.type()));
        try {
            return Json.mapper().readValue(reply.body(), type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the kept answer to " + reply.commandId() + " is not valid", e);
        }
    }
}
