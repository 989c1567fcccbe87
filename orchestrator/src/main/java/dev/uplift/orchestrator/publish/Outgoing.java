/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.publish;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.FenceTaken;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationRemoved;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.JsonText;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.messaging.OutboundMessage;
import java.net.URI;
import java.time.Instant;
import java.util.UUID;

/** What the orchestrator sends, and where to. */
public final class Outgoing {
    private static final URI SOURCE = URI.create("/uplift/orchestrator");

    private Outgoing() {}

    /** A step's command, to the workers of the installation's site. */
    public static OutboundMessage command(StepCommand command, Instant at) {
        String topic =
                Topics.commands(command.step().service(), command.installation().site());
        return message(
                topic,
                command.commandId(),
                command.step().commandType(command.direction()),
                command.installation().id(),
                at,
                command);
    }

    /** The question how an application is run, to the swap-service of its site. */
    public static OutboundMessage inspect(Inspection.Requested request, Instant at) {
        return message(
                Topics.commands(ServiceName.SWAP, request.site()),
                UUID.randomUUID(),
                Inspection.REQUESTED_TYPE,
                request.installationId(),
                at,
                request);
    }

    /** The wish that fences be taken, to the swap-service of the installation's site, behind what that one is asked before. */
    public static OutboundMessage takeFence(FenceTaking.Requested request, Instant at) {
        return message(
                Topics.commands(ServiceName.SWAP, request.installation().site()),
                request.takingId(),
                FenceTaking.REQUESTED_TYPE,
                request.installation().id(),
                at,
                request);
    }

    /** An operator has given an installation a fence. */
    public static OutboundMessage fenceTaken(FenceTaken taken) {
        return message(
                Topics.EVENTS,
                UUID.randomUUID(),
                MessageType.INSTALLATION_FENCE_TAKEN,
                taken.installationId(),
                taken.at(),
                taken);
    }

    /** The question what runs on a host, to the swap-service of its site. */
    public static OutboundMessage discover(Discovery.Requested request, Instant at) {
        return message(
                Topics.commands(ServiceName.SWAP, request.site()),
                UUID.randomUUID(),
                Discovery.REQUESTED_TYPE,
                request.discoveryId(),
                at,
                request);
    }

    /** The latest state of an installation. */
    public static OutboundMessage status(InstallationStatus status) {
        return message(
                Topics.STATUS_INSTALLATIONS,
                UUID.randomUUID(),
                MessageType.INSTALLATION_STATUS,
                status.id(),
                status.updatedAt(),
                status);
    }

    /** An installation was forgotten. */
    public static OutboundMessage removed(InstallationRemoved removed) {
        return message(
                Topics.EVENTS,
                UUID.randomUUID(),
                MessageType.INSTALLATION_REMOVED,
                removed.installationId(),
                removed.at(),
                removed);
    }

    /**
     * The latest state of a saga.
     *
     * @param status the JSON of its {@link dev.uplift.contract.UpgradeStatus}
     */
    public static OutboundMessage status(UUID upgradeId, Instant updatedAt, String status) {
        return message(
                Topics.STATUS_UPGRADES,
                UUID.randomUUID(),
                MessageType.UPGRADE_STATUS,
                upgradeId,
                updatedAt,
                new JsonText(status));
    }

    /**
     * One transition of a saga.
     *
     * @param json of the transition
     */
    public static OutboundMessage transitioned(UpgradeTransitioned transition, String json) {
        return message(
                Topics.EVENTS,
                UUID.randomUUID(),
                MessageType.UPGRADE_TRANSITIONED,
                transition.installationId(),
                transition.at(),
                new JsonText(json));
    }

    private static OutboundMessage message(String topic, UUID id, String type, UUID key, Instant at, Object body) {
        return new OutboundMessage(topic, new Message(id, type, SOURCE, key.toString(), at, null, body));
    }
}
