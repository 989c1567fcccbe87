/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.trigger;

import dev.uplift.contract.Message;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.messaging.BatchHandler;
import dev.uplift.messaging.DeadLetters;
import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.upgrade.Upgrades;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes what operators, CI and release feeds ask for on the trigger topic: a trigger is a row, and is carried
 * out afterwards. Nobody waits for an answer there, so each refusal becomes an incident.
 */
@Singleton
public final class TriggerHandler implements BatchHandler {
    private final Inbox inbox;
    private final DeadLetters deadLetters;
    private final IncidentRepository incidents;
    private final Upgrades upgrades;

    TriggerHandler(MessagingRuntime messaging, Upgrades upgrades, IncidentRepository incidents) {
        this.inbox = messaging.inbox();
        this.deadLetters = messaging.deadLetters();
        this.upgrades = upgrades;
        this.incidents = incidents;
    }

    @Override
    public void handle(List<Received> batch) {
        Inbox.Claims claims = inbox.claim(batch.stream().map(Received::message).toList());
        for (Received received : batch) {
            Message message = received.message();
            if (!claims.first(message)) {
                if (claims.reused(message)) {
                    deadLetters.refuse(received, DeadLetters.ID_REUSED, incidents);
                }
                continue;
            }
            if (message.body() instanceof UpgradeRequested request) {
                UUID requestId = Optional.ofNullable(request.requestId()).orElse(message.id());
                if (!upgrades.accept(UpgradeStatus.Kind.UPGRADE, requestId, source(received), request)) {
                    deadLetters.refuse(
                            received, "requestId is that of an earlier request for something else", incidents);
                }
            } else {
                deadLetters.refuse(received, "no trigger: " + message.type(), incidents);
            }
        }
    }

    private static String source(Received received) {
        return received.topic() + "/" + received.partition() + "/" + received.offset();
    }
}
