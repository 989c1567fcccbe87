package dev.uplift.swap.step;

import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the moment of the first request that failed. */
final class OutageWatch implements Stopping.Watch {
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
    public void look() throws IOException, InterruptedException {
        if (began == null) {
            Instant asked = Instant.now();
            NodeProbe.Health health = work.probe().health(work.profile(), node.answersAt(work.profile()));
            if (!(health instanceof NodeProbe.Health.Healthy)) {
                began = asked;
            }
        }
    }
}
