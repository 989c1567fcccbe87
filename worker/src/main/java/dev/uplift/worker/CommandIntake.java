/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.Direction;
import dev.uplift.contract.Message;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.BatchHandler;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.worker.WorkItem.StoredReply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Puts commands into the queue. A copy of a finished one is answered with the answer that was kept; a
 * copy of one that waits or runs changes nothing; a forged one is dead-lettered.
 */
final class CommandIntake implements BatchHandler {
    private final MessagingRuntime runtime;
    private final WorkTable table;
    private final Replies replies;
    private final Set<String> otherTypes;
    private final DeadLetterSink refused;
    private final Consumer<Collection<String>> pending;

    /**
     * @param refused told of forged commands
     * @param pending told after the commit which keys may have something to run
     */
    CommandIntake(
            MessagingRuntime runtime,
            WorkTable table,
            Replies replies,
            Set<String> otherTypes,
            DeadLetterSink refused,
            Consumer<Collection<String>> pending) {
        this.runtime = runtime;
        this.table = table;
        this.replies = replies;
        this.otherTypes = Set.copyOf(otherTypes);
        this.refused = refused;
        this.pending = pending;
    }

    @Override
    public void handle(List<Received> batch) {
        List<WorkItem> items = new ArrayList<>();
        for (Received received : batch) {
            Optional<String> refusal = refusal(received);
            if (refusal.isPresent()) {
                runtime.deadLetters().refuse(received, refusal.get(), refused);
            } else {
                items.add(item(received));
            }
        }
        if (items.isEmpty()) {
            return;
        }
        Set<UUID> added = table.add(items);
        List<UUID> copies = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (WorkItem item : items) {
            keys.add(item.key());
            if (!added.contains(item.commandId())) {
                copies.add(item.commandId());
            }
        }
        answerAgain(copies);
        runtime.database().afterCommit(() -> pending.accept(keys));
    }

    private void answerAgain(List<UUID> copies) {
        if (copies.isEmpty()) {
            return;
        }
        runtime.meters().counter("uplift.messaging.copies").increment(copies.size());
        List<StoredReply> kept = table.replies(copies);
        runtime.outbox()
                .append(kept.stream().map(reply -> replies.message(reply, null)).toList());
    }

    private Optional<String> refusal(Received received) {
        Message message = received.message();
        if (message.body() instanceof StepCommand command) {
            return message.id().equals(command.commandId())
                    ? Optional.empty()
                    : Optional.of("the message's id is not that of its saga, step, direction and attempt");
        }
        return otherTypes.contains(message.type())
                ? Optional.empty()
                : Optional.of("no command of this service: " + message.type());
    }

    private static WorkItem item(Received received) {
        Message message = received.message();
        String body = new String(WireCodec.bytes(message.body()), StandardCharsets.UTF_8);
        return message.body() instanceof StepCommand command
                ? new WorkItem(
                        message.id(),
                        message.key(),
                        command.scope(),
                        command.direction() == Direction.UNDO,
                        command.epoch(),
                        message.type(),
                        message.traceparent(),
                        body)
                : new WorkItem(
                        message.id(), message.key(), null, false, 0, message.type(), message.traceparent(), body);
    }
}
