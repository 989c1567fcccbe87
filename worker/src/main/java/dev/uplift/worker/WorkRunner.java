/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.github.kagkarlsson.scheduler.SchedulerState;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.ExecutionHandler;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.contract.StepCommand;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.WorkItem.Begun;
import dev.uplift.worker.WorkItem.StoredReply;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what is pending for one key, oldest first, while this process has the key's lease.
 *
 * <p>A run that lost its lease, because the process was paused for too long, finds at its end that
 * the item was begun again by another: its answer is dropped.
 */
final class WorkRunner implements ExecutionHandler<Void> {
    private static final Logger LOG = LoggerFactory.getLogger(WorkRunner.class);

    private final MessagingRuntime runtime;
    private final WorkTable table;
    private final Replies replies;
    private final RunningSteps running;
    private final Map<String, StepHandler> steps;
    private final Map<String, Other<?>> others;
    private final int deliveriesMax;
    private final Consumer<String> ended;

    /** @param ended told which key's task was removed: something may have become pending meanwhile */
    WorkRunner(
            MessagingRuntime runtime,
            WorkTable table,
            Replies replies,
            RunningSteps running,
            Map<String, StepHandler> steps,
            Map<String, Other<?>> others,
            int deliveriesMax,
            Consumer<String> ended) {
        this.runtime = runtime;
        this.table = table;
        this.replies = replies;
        this.running = running;
        this.steps = Map.copyOf(steps);
        this.others = Map.copyOf(others);
        this.deliveriesMax = deliveriesMax;
        this.ended = ended;
    }

    /** How messages of one type that are no steps are answered. */
    record Other<T>(Class<T> body, MessageHandler<T> handler) {
        /** Whether somebody wants to know that a message waits or is worked at. */
        boolean isSlow() {
            return handler instanceof SlowMessageHandler;
        }

        /** What says that a message waits or is worked at; empty: nobody wants to know, or it cannot be read. */
        Optional<MessageHandler.Reply> underway(String json) {
            try {
                return handler instanceof SlowMessageHandler<T> slow
                        ? Optional.of(slow.underway(Json.mapper().readValue(json, body)))
                        : Optional.empty();
            } catch (JsonProcessingException e) {
                return Optional.empty();
            }
        }
    }

    /** The process stops in the middle of an item, which stays pending. */
    private static final class Stopping extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopping(Throwable cause) {
            super("the process stops; the step will be run again", cause);
        }
    }

    @Override
    public CompletionHandler<Void> execute(TaskInstance<Void> task, ExecutionContext context) {
        String key = task.getId();
        SchedulerState state = context.getSchedulerState();
        while (!state.isShuttingDown()) {
            Optional<Begun> next = runtime.database().inTransaction(() -> table.begin(key));
            if (next.isEmpty()) {
                break;
            }
            if (!run(next.get(), state)) {
                return (complete, operations) -> {};
            }
        }
        return (complete, operations) -> {
            operations.remove();
            ended.accept(key);
        };
    }

    /** Runs one item and commits its answer; false if another process has taken it over. */
    private boolean run(Begun begun, SchedulerState state) {
        WorkItem item = begun.item();
        Span span = runtime.tracing().consume(item.type(), item.traceparent());
        try (Scope _ = span.makeCurrent()) {
            StoredReply reply;
            try {
                Other<?> other = others.get(item.type());
                reply = other == null ? take(begun, state, span) : answer(begun, other, state);
            } catch (JsonProcessingException e) {
                LOG.error("command {} cannot be read and is given up", item.commandId(), e);
                runtime.database().useTransaction(() -> table.abandon(begun));
                return true;
            }
            return commit(begun, reply);
        } finally {
            span.end();
        }
    }

    private StoredReply take(Begun begun, SchedulerState state, Span span) throws JsonProcessingException {
        WorkItem item = begun.item();
        StepCommand command = Json.mapper().readValue(item.body(), StepCommand.class);
        Timer.Sample sample = Timer.start();
        StepOutcome outcome = outcome(begun, command, state);
        sample.stop(runtime.meters().timer("uplift.step.time", "type", item.type()));
        String code = switch (outcome) {
            case StepOutcome.Succeeded _ -> "succeeded";
            case StepOutcome.Failed failed -> {
                span.setStatus(StatusCode.ERROR, failed.code().wireName());
                yield failed.code().wireName();
            }
        };
        runtime.meters()
                .counter("uplift.step.results", "type", item.type(), "result", code)
                .increment();
        return Replies.of(item, command, outcome);
    }

    private StepOutcome outcome(Begun begun, StepCommand command, SchedulerState state) {
        WorkItem item = begun.item();
        if (begun.isFenced()) {
            return refused(
                    item,
                    command,
                    ErrorCode.FENCED,
                    begun.revoked()
                            ? "the step was already undone"
                            : "epoch " + item.epoch() + " is over: " + begun.epochMax() + " was seen");
        }
        if (begun.delivery() > deliveriesMax) {
            return refused(item, command, ErrorCode.INTERNAL, neverEnded());
        }
        StepHandler handler = steps.get(item.type());
        if (handler == null) {
            return refused(item, command, ErrorCode.INVALID, "this service takes no " + item.type());
        }
        try {
            return handler.run(
                    command, running.begin(begun, command, runtime.tracing().current()));
        } catch (StepCancelledException e) {
            return refused(item, command, ErrorCode.CANCELLED, OneLine.of(e.getMessage()));
        } catch (Throwable e) {
            if (state.isShuttingDown()) {
                throw new Stopping(e);
            }
            LOG.error("{} of saga {} broke", item.type(), command.sagaId(), e);
            return StepOutcome.failed(ErrorCode.INTERNAL, OneLine.of(e));
        } finally {
            running.end(begun);
        }
    }

    /** What the step's handler answers is in the log by {@link StepRunner}; this did not come to its end there. */
    private static StepOutcome refused(WorkItem item, StepCommand command, ErrorCode code, String detail) {
        LOG.info("{} of saga {} is refused: {}, {}", item.type(), command.sagaId(), code.wireName(), detail);
        return StepOutcome.refused(code, detail);
    }

    private <T> StoredReply answer(Begun begun, Other<T> other, SchedulerState state) throws JsonProcessingException {
        WorkItem item = begun.item();
        T body = Json.mapper().readValue(item.body(), other.body());
        if (begun.delivery() > deliveriesMax) {
            return Replies.of(item, other.handler().failed(body, neverEnded()));
        }
        try {
            return Replies.of(item, other.handler().handle(body));
        } catch (Throwable e) {
            if (state.isShuttingDown()) {
                throw new Stopping(e);
            }
            LOG.error("{} {} broke", item.type(), item.commandId(), e);
            return Replies.of(item, other.handler().failed(body, OneLine.of(e)));
        }
    }

    private String neverEnded() {
        return "it was begun " + deliveriesMax + " times and never ended";
    }

    private boolean commit(Begun begun, StoredReply reply) {
        String point = runtime.settings().service() + ".reply.commit";
        boolean mine = runtime.database().inTransaction(() -> {
            if (!table.finish(begun, reply)) {
                return false;
            }
            runtime.outbox()
                    .append(List.of(replies.message(reply, runtime.tracing().current())));
            runtime.crashPoints().before(point);
            return true;
        });
        if (mine) {
            runtime.crashPoints().after(point);
        } else {
            LOG.warn(
                    "{} was taken over by another process: this answer is dropped",
                    begun.item().commandId());
        }
        return mine;
    }
}
