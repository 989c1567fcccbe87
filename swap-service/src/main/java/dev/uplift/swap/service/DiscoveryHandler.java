/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.service;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.MessageType;
import dev.uplift.swap.inspect.Discoverer;
import dev.uplift.worker.MessageHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers {@code swap.discover}. */
final class DiscoveryHandler implements MessageHandler<Discovery.Requested> {
    private static final Logger LOG = LoggerFactory.getLogger(DiscoveryHandler.class);

    private final Discoverer discoverer;

    DiscoveryHandler(Discoverer discoverer) {
        this.discoverer = discoverer;
    }

    @Override
    public Reply handle(Discovery.Requested asked) throws InterruptedException {
        return switch (discoverer.discover(asked)) {
            case Discovery.Found found -> {
                LOG.info(
                        "swap.discover done: {} usable, {} not",
                        found.usable().size(),
                        found.unusable().size());
                yield new Reply(MessageType.DISCOVERY_FOUND, found);
            }
            case Discovery.Refused refused -> {
                LOG.info("swap.discover refused: {}", refused.detail());
                yield new Reply(MessageType.DISCOVERY_REFUSED, refused);
            }
            case Discovery.Requested _ -> throw new IllegalStateException("a discovery was answered by a request");
        };
    }

    @Override
    public Reply failed(Discovery.Requested asked, String detail) {
        return new Reply(
                MessageType.DISCOVERY_REFUSED, new Discovery.Refused(asked.discoveryId(), ErrorCode.INTERNAL, detail));
    }
}
