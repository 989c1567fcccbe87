/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.Progress;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.OutboundMessage;
import dev.uplift.worker.WorkItem.Begun;
import dev.uplift.worker.WorkItem.Pending;
import dev.uplift.worker.WorkItem.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the steps that run in this process: tells the world that they move, at most once a
 * second and at least every five, and tells them when their undo waits or another process has taken
 * them over. Every five seconds it also tells, of the messages to a {@link SlowMessageHandler} at this site, that they
 * wait or are worked at: each replica does, on this thread of its own, so that no number of steps keeps it from that.
 * Progress goes straight to Kafka; it may get lost.
 */
final class RunningSteps implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunningSteps.class);
    /** The outgoing channel whose producer it sends with. */
    private static final String CHANNEL = "progress";

    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration PROGRESS_MIN = Duration.ofSeconds(1);
    private static final Duration PROGRESS_MAX = Duration.ofSeconds(5);
    private static final int SIGNS_MAX = 1_000;

    private final MessagingRuntime runtime;
    private final WorkTable table;
    private final Replies replies;
    private final Map<String, WorkRunner.Other<?>> slow;
    private final Map<UUID, Run> runs = new ConcurrentHashMap<>();
    private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("running-steps").daemon().unstarted(task));
    private long signsNanos = System.nanoTime() - PROGRESS_MAX.toNanos();

    /** @param others how messages that are no steps are answered, by their types */
    RunningSteps(
            MessagingRuntime runtime,
            WorkTable table,
            Replies replies,
            Map<String, ? extends WorkRunner.Other<?>> others) {
        this.runtime = runtime;
        this.table = table;
        this.replies = replies;
        this.slow = others.entrySet().stream()
                .filter(other -> other.getValue().isSlow())
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    void start() {
        var _ = ticker.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    Run begin(Begun begun, StepCommand command, @Nullable String traceparent) {
        Run run = new Run(command, begun.delivery(), traceparent, runtime.crashPoints());
        runs.put(begun.item().commandId(), run);
        return run;
    }

    void end(Begun begun) {
        runs.remove(begun.item().commandId());
    }

    /** New commands came: running ones may have become pointless. */
    void look() {
        if (runs.isEmpty()) {
            return;
        }
        try {
            ticker.execute(this::tick);
        } catch (RejectedExecutionException e) {
            LOG.debug("it is being closed", e);
        }
    }

    @Override
    public void close() {
        ticker.shutdownNow();
        try {
            boolean _ = ticker.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tick() {
        try {
            if (!runs.isEmpty()) {
                signal();
                report();
            }
            giveSigns();
        } catch (RuntimeException | Error e) {
            // What leaves this ends the ticker for good.
            LOG.warn("running steps were not looked after: {}", OneLine.of(e));
        }
    }

    private void signal() {
        List<UUID> running = List.copyOf(runs.keySet());
        Map<UUID, Signal> signals = runtime.database().inTransaction(() -> table.signals(running)).stream()
                .collect(Collectors.toMap(Signal::commandId, Function.identity()));
        for (UUID id : running) {
            Run run = runs.get(id);
            Signal signal = signals.get(id);
            if (run != null && signal != null) {
                run.superseded |= signal.delivery() != run.delivery;
                run.revoked |= signal.revoked();
            }
        }
    }

    private void report() {
        for (Run run : runs.values()) {
            long now = System.nanoTime();
            if (run.isDue(now)) {
                run.sentNanos = now;
                Progress progress = run.latest;
                run.sent = progress;
                if (!send(replies.progress(run.command, progress, run.traceparent))) {
                    return;
                }
            }
        }
    }

    private void giveSigns() {
        long now = System.nanoTime();
        if (slow.isEmpty() || now - signsNanos < PROGRESS_MAX.toNanos()) {
            return;
        }
        signsNanos = now;
        for (Pending item : runtime.database().inTransaction(() -> table.pending(slow.keySet(), SIGNS_MAX))) {
            WorkRunner.Other<?> other = slow.get(item.type());
            Optional<MessageHandler.Reply> sign = other == null ? Optional.empty() : other.underway(item.body());
            if (sign.isPresent() && !send(replies.underway(item.key(), sign.get()))) {
                return;
            }
        }
    }

    /** False: Kafka is away. Each further message would take as long to fail, and signals would wait. */
    private boolean send(OutboundMessage message) {
        Future<RecordMetadata> sending =
                runtime.channels().producer(CHANNEL).send(WireCodec.encode(message.topic(), message.message()));
        return sending.state() != Future.State.FAILED;
    }

    /** One run of one step. */
    static final class Run implements StepRun {
        private final StepCommand command;
        private final int delivery;
        private final @Nullable String traceparent;
        private final CrashPoints crashPoints;
        private volatile Progress latest = Progress.of("begun");
        private volatile boolean revoked;
        private volatile boolean superseded;
        private @Nullable Progress sent;
        private long sentNanos = System.nanoTime() - PROGRESS_MAX.toNanos();

        private Run(StepCommand command, int delivery, @Nullable String traceparent, CrashPoints crashPoints) {
            this.command = command;
            this.delivery = delivery;
            this.traceparent = traceparent;
            this.crashPoints = crashPoints;
        }

        @Override
        public void progress(Progress progress) {
            latest = progress;
        }

        @Override
        public boolean cancelled() {
            return revoked || superseded;
        }

        @Override
        public int delivery() {
            return delivery;
        }

        @Override
        public CrashPoints crashPoints() {
            return crashPoints;
        }

        private boolean isDue(long now) {
            if (superseded) {
                return false;
            }
            Duration pause = latest.equals(sent) ? PROGRESS_MAX : PROGRESS_MIN;
            return now - sentNanos >= pause.toNanos();
        }
    }
}
