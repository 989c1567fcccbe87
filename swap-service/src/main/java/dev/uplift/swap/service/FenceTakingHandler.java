/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.service;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.MessageType;
import dev.uplift.swap.inspect.FenceTaker;
import dev.uplift.worker.MessageHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers {@code swap.fence.take}. */
final class FenceTakingHandler implements MessageHandler<FenceTaking.Requested> {
    private static final Logger LOG = LoggerFactory.getLogger(FenceTakingHandler.class);

    private final FenceTaker taker;

    FenceTakingHandler(FenceTaker taker) {
        this.taker = taker;
    }

    @Override
    public Reply handle(FenceTaking.Requested asked) throws InterruptedException {
        String name = asked.installation().name();
        return switch (taker.take(asked)) {
            case FenceTaking.Taken taken -> {
                LOG.info("swap.fence.take done: {} from {}", name, taken.from());
                yield new Reply(MessageType.FENCE_TAKEN, taken);
            }
            case FenceTaking.Refused refused -> {
                LOG.info("swap.fence.take refused: {}: {}", name, refused.detail());
                yield new Reply(MessageType.FENCE_REFUSED, refused);
            }
            case FenceTaking.Requested _ -> throw new IllegalStateException("a taking was answered by a request");
        };
    }

    @Override
    public Reply failed(FenceTaking.Requested asked, String detail) {
        return new Reply(
                MessageType.FENCE_REFUSED,
                new FenceTaking.Refused(asked.takingId(), asked.installationId(), ErrorCode.INTERNAL, detail));
    }
}
