/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.service;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.MessageType;
import dev.uplift.swap.inspect.Inspector;
import dev.uplift.worker.SlowMessageHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers {@code swap.inspect}. */
final class InspectionHandler implements SlowMessageHandler<Inspection.Requested> {
    private static final Logger LOG = LoggerFactory.getLogger(InspectionHandler.class);

    private final Inspector inspector;

    InspectionHandler(Inspector inspector) {
        this.inspector = inspector;
    }

    @Override
    public Reply handle(Inspection.Requested asked) throws InterruptedException {
        return switch (inspector.inspect(asked)) {
            case Inspection.Found found -> {
                LOG.info(
                        "swap.inspect done: {} runs {}",
                        asked.name(),
                        found.running().version());
                yield new Reply(MessageType.INSTALLATION_FOUND, found);
            }
            case Inspection.Refused refused -> {
                LOG.info("swap.inspect refused: {}: {}", asked.name(), refused.detail());
                yield new Reply(MessageType.INSTALLATION_REFUSED, refused);
            }
            case Inspection.Requested _, Inspection.Underway _ ->
                throw new IllegalStateException("an inspection has no answer");
        };
    }

    @Override
    public Reply underway(Inspection.Requested asked) {
        return new Reply(MessageType.INSTALLATION_INSPECTING, new Inspection.Underway(asked.installationId()));
    }

    @Override
    public Reply failed(Inspection.Requested asked, String detail) {
        return new Reply(
                MessageType.INSTALLATION_REFUSED,
                new Inspection.Refused(asked.installationId(), ErrorCode.INTERNAL, detail));
    }
}
