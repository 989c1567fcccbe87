package dev.uplift.swap.step;

import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Node;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Takes a start back: ends whatever runs in some of the nodes and proves it. */
final class EndStep implements SwapStep {
    private final Function<StepWork, List<Node>> nodes;
    private final SwapEffect terminate;
    private final SwapEffect kill;
    private final boolean proveDatabase;

    private EndStep(
            Function<StepWork, List<Node>> nodes, SwapEffect terminate, SwapEffect kill, boolean proveDatabase) {
        this.nodes = nodes;
        this.terminate = terminate;
        this.kill = kill;
        this.proveDatabase = proveDatabase;
    }

    /** Of the first node's start: after it nobody is on the database. What had served is down from then on. */
    static EndStep halt() {
        return new EndStep(work -> List.of(work.first()), SwapEffect.HALT_TERMINATE, SwapEffect.HALT_KILL, true);
    }

    /** Of the other nodes' start: the first still works on the database. */
    static EndStep unscale() {
        return new EndStep(StepWork::others, SwapEffect.UNSCALE_TERMINATE, SwapEffect.UNSCALE_KILL, false);
    }

    @Override
    public StepOutcome take(StepWork work) throws Exception {
        Optional<Instant> outage = Optional.empty();
        for (Node node : nodes.apply(work)) {
            OutageWatch watch = new OutageWatch(work, node);
            Stopping stopping = new Stopping(work, node);
            stopping.end(terminate, kill, watch);
            stopping.prove(proveDatabase);
            new LeftLock(work).clear(node);
            outage = outage.isPresent() ? outage : watch.began();
        }
        return proveDatabase
                ? StepOutcome.done(new StepOutput.NodesStopped(outage.orElseGet(Instant::now), null))
                : StepOutcome.done();
    }
}
