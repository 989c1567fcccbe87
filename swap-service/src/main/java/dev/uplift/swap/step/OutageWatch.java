/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the moment of the first request that failed. That nobody can be asked is such a failure, and stops no stop. */
final class OutageWatch implements Stopping.Watch {
    private static final Logger LOG = LoggerFactory.getLogger(OutageWatch.class);

    private final StepWork work;
    private final Node node;
    private @Nullable Instant began;

    OutageWatch(StepWork work, Node node) {
        this.work = work;
        this.node = node;
    }

    /** Empty: none has yet. */
    Optional<Instant> began() {
        return Optional.ofNullable(began);
    }

    @Override
    public void look() throws InterruptedException {
        if (began == null) {
            Instant asked = work.now();
            if (!isHealthy()) {
                began = asked;
            }
        }
    }

    private boolean isHealthy() throws InterruptedException {
        try {
            return work.health(node) instanceof NodeProbe.Health.Healthy;
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException(e.getMessage());
            }
            LOG.info("{}: how it is cannot be asked: {}", node.place(), e.toString());
            return false;
        }
    }
}
