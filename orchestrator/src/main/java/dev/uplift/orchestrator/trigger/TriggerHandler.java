package dev.uplift.orchestrator.trigger;

import dev.uplift.contract.Message;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.messaging.BatchHandler;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.DeadLetters;
import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.incident.IncidentStore;
import dev.uplift.orchestrator.upgrade.Upgrades;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Takes what operators, CI and release feeds ask for on the trigger topic. Nobody waits for an answer
 * there, so each refusal becomes an incident.
 */
@Singleton
public final class TriggerHandler implements BatchHandler {
    private static final int REFUSALS_RECORDED_MAX = 100;

    private final Inbox inbox;
    private final DeadLetters deadLetters;
    private final DeadLetterSink sink = IncidentStore.deadLetters();
    private final Upgrades upgrades;

    TriggerHandler(MessagingRuntime messaging, Upgrades upgrades) {
        this.inbox = messaging.inbox();
        this.deadLetters = messaging.deadLetters();
        this.upgrades = upgrades;
    }

    @Override
    public void handle(Handle handle, List<Received> batch) {
        Inbox.Claims claims =
                inbox.claim(handle, batch.stream().map(Received::message).toList());
        for (Received received : batch) {
            Message message = received.message();
            if (!claims.first(message)) {
                if (claims.reused(message)) {
                    deadLetters.refuse(handle, received, DeadLetters.ID_REUSED, sink);
                }
                continue;
            }
            if (message.body() instanceof UpgradeRequested request) {
                UUID requestId = Optional.ofNullable(request.requestId()).orElse(message.id());
                Upgrades.Answer answer = upgrades.request(handle, UpgradeStatus.Kind.UPGRADE, requestId, request);
                if (answer.first()) {
                    record(handle, received, answer.sagas());
                }
            } else {
                deadLetters.refuse(handle, received, "no trigger: " + message.type(), sink);
            }
        }
    }

    private void record(Handle handle, Received received, AcceptedSagas answer) {
        String source = received.topic() + "/" + received.partition() + "/" + received.offset();
        answer.refused().stream()
                .limit(REFUSALS_RECORDED_MAX)
                .forEach(refusal -> IncidentStore.record(
                        handle, source, "refused: " + refusal.installation() + ": " + refusal.reason()));
        int left = answer.refused().size() - REFUSALS_RECORDED_MAX;
        if (left > 0) {
            IncidentStore.record(handle, source, "refused: " + left + " more installations");
        }
        if (answer.accepted().isEmpty() && answer.refused().isEmpty()) {
            IncidentStore.record(handle, source, "refused: there is no such installation");
        }
    }
}
