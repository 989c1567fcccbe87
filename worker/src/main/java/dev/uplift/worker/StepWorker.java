/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.BatchIntake;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.Lease;
import dev.uplift.messaging.Liveness;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.TopicSpec;
import io.micrometer.core.instrument.Gauge;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A service that takes steps: commands from Kafka go into a queue in PostgreSQL, run one at a time per
 * installation under a lease, and are answered on the service's result topic.
 *
 * <pre>
 * commands topic -> work (inbox) -> lease of the installation -> StepHandler -> work + outbox -> results topic
 * </pre>
 *
 * <ol>
 *   <li>A copy of a command never runs twice to an end: it gets the answer that was kept.
 *   <li>A command that was begun when its process died is begun again: by the same instance as soon as
 *       it is started again, by another once the lease is over; {@link StepRun#delivery()} counts.
 *   <li>A step is refused once its undo has arrived, and so is a step of an older epoch than one that
 *       has arrived; one that runs then is told to stop.
 *   <li>A step that throws has failed and may be retried.
 *   <li>A command that nobody understands, or that is forged, goes to the dead letters, and the result
 *       topic says so.
 * </ol>
 *
 * <p>Several replicas share the work of a site.
 */
public final class StepWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepWorker.class);
    private static final Duration SWEEP = Duration.ofSeconds(5);
    private static final Duration FORGET = Duration.ofHours(1);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** Longer than Kafka keeps commands by default, which is 7 days. */
    private static final Duration KEEP = Duration.ofDays(30);

    private static final int FORGOTTEN_BATCH = 10_000;

    private final MessagingRuntime runtime;
    private final Clock clock;
    private final WorkTable table;
    private final Replies replies;
    private final RunningSteps running;
    private final BatchIntake commands;
    private final Scheduler scheduler;
    private final AtomicLong pending = new AtomicLong();
    private @Nullable Predecessor predecessor;

    private StepWorker(Builder builder) {
        this.runtime = builder.runtime;
        this.clock = runtime.clock();
        this.table = new WorkTable(builder.runtime.database(), builder.urgent);
        this.replies = new Replies(builder.service, clock);
        this.running = new RunningSteps(runtime, table, replies, builder.others);
        WorkRunner runner = new WorkRunner(
                runtime,
                table,
                replies,
                running,
                builder.steps,
                builder.others,
                builder.deliveriesMax,
                key -> schedule(Set.of(key)));
        List<Task<?>> tasks = new ArrayList<>();
        tasks.add(Tasks.custom(WorkTable.TASK, Void.class)
                .onFailure((failed, operations) ->
                        operations.reschedule(failed, clock.instant().plus(RETRY)))
                .onDeadExecutionRevive()
                .execute(runner));
        List<RecurringTask<?>> recurring = List.of(
                Tasks.recurring("work.sweep", FixedDelay.of(builder.sweep)).execute((task, context) -> sweep()),
                Tasks.recurring("work.forget", FixedDelay.of(FORGET)).execute((task, context) -> forget()));
        this.scheduler = builder.lease
                .scheduler(runtime.dataSource(), runtime.settings().instance(), builder.threads, tasks)
                .enablePriority()
                .startTasks(recurring)
                .build();
        runtime.require(TopicSpec.log(Topics.results(builder.service)));
        DeadLetterSink refused = letter -> runtime.outbox().append(List.of(replies.refused(letter)));
        this.commands = runtime.intake(
                CommandsChannel.NAME,
                CommandsChannel.consumer(builder.site),
                List.of(Topics.commands(builder.service, builder.site)),
                new CommandIntake(runtime, table, replies, builder.others.keySet(), refused, this::arrived),
                refused);
        Gauge.builder("uplift.work.pending", pending, AtomicLong::doubleValue)
                .description("commands that wait or run")
                .register(runtime.meters());
    }

    /** A worker of {@code service} for the installations of {@code site}. */
    public static Builder builder(MessagingRuntime runtime, ServiceName service, String site) {
        return new Builder(runtime, service, site);
    }

    /** Starts the messaging and the worker. The database must be there; Kafka is waited for. To be called once. */
    public void start() {
        predecessor =
                Predecessor.takeOver(runtime.dataSource(), runtime.settings().instance());
        sweep();
        scheduler.start();
        running.start();
        runtime.start();
    }

    /**
     * Ends the worker and the messaging. Steps that run get 3 s, then they are interrupted and stay
     * pending: they are begun again after the next start, or by another replica.
     */
    @Override
    public void close() {
        scheduler.stop();
        running.close();
        runtime.close();
        if (predecessor != null) {
            predecessor.close();
        }
    }

    /** The messaging, and the queue. */
    public List<Liveness> liveness() {
        List<Liveness> all = new ArrayList<>(runtime.liveness());
        boolean up = scheduler.getSchedulerState().isStarted()
                && !scheduler.getSchedulerState().isShuttingDown();
        all.add(new Liveness("work", up, pending.get() + " commands wait or run"));
        return List.copyOf(all);
    }

    /** Who takes what the channel of the commands reads. */
    BatchIntake commands() {
        return commands;
    }

    private void arrived(Collection<String> keys) {
        schedule(keys);
        running.look();
    }

    private void schedule(Collection<String> keys) {
        int scheduled = runtime.database().inTransaction(() -> table.schedule(keys, clock.instant()));
        if (scheduled > 0) {
            scheduler.triggerCheckForDueExecutions();
        }
    }

    private void sweep() {
        int scheduled = runtime.database().inTransaction(() -> {
            pending.set(table.pending());
            return table.scheduleAll(clock.instant());
        });
        if (scheduled > 0) {
            LOG.info("{} installations had commands that nobody worked at", scheduled);
        }
    }

    private void forget() {
        try {
            Instant before = clock.instant().minus(KEEP);
            runtime.database().inPortions(FORGOTTEN_BATCH, max -> table.forget(before, max));
        } catch (RuntimeException e) {
            LOG.warn("old commands were not forgotten: {}", OneLine.of(e));
        }
    }

    /** What a worker consists of. */
    public static final class Builder {
        private final MessagingRuntime runtime;
        private final ServiceName service;
        private final String site;
        private final Map<String, StepHandler> steps = new HashMap<>();
        private final Map<String, WorkRunner.Other<?>> others = new HashMap<>();
        private final Set<String> urgent = new HashSet<>();
        private int threads = 8;
        private int deliveriesMax = 10;
        private Lease lease = Lease.DEFAULT;
        private Duration sweep = SWEEP;

        private Builder(MessagingRuntime runtime, ServiceName service, String site) {
            this.runtime = runtime;
            this.service = service;
            this.site = Topics.requireSite(site);
        }

        /** Who takes a step, or takes it back. */
        public Builder step(StepName step, Direction direction, StepHandler handler) {
            if (step.service() != service) {
                throw new IllegalArgumentException(step + " is not taken by " + service.wireName());
            }
            steps.put(step.commandType(direction), handler);
            return this;
        }

        /** Who takes a step that an application is down for: it does not stand behind steps of those that serve. */
        public Builder urgent(StepName step, Direction direction, StepHandler handler) {
            urgent.add(step.commandType(direction));
            return step(step, direction, handler);
        }

        /** Who answers messages of another type on the command topic. */
        public <T> Builder message(String type, Class<T> body, MessageHandler<T> handler) {
            others.put(type, new WorkRunner.Other<>(body, handler));
            return this;
        }

        /** How many installations are worked at at a time in this process; 8 if not set. */
        public Builder threads(int threads) {
            this.threads = threads;
            return this;
        }

        /** {@link Lease#DEFAULT} if not set. */
        public Builder lease(Lease lease) {
            this.lease = lease;
            return this;
        }

        /** How often a command may be begun, when its process dies in it, before it has failed; 10 if not set. */
        public Builder deliveriesMax(int deliveriesMax) {
            this.deliveriesMax = deliveriesMax;
            return this;
        }

        /** How often it is looked for what a crash left behind; for tests that must do without. */
        Builder sweep(Duration sweep) {
            this.sweep = sweep;
            return this;
        }

        /**
         * The worker; it has registered itself with the runtime, which it starts and closes.
         *
         * @throws IllegalStateException if a step of the service has nobody to take it, or to take it back
         */
        public StepWorker build() {
            for (StepName step : StepName.values()) {
                for (Direction direction : step.directions()) {
                    if (step.service() == service && !steps.containsKey(step.commandType(direction))) {
                        throw new IllegalStateException("nobody takes " + step.commandType(direction));
                    }
                }
            }
            return new StepWorker(this);
        }
    }
}
