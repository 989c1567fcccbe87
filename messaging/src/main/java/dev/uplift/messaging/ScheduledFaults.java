/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import com.github.kagkarlsson.scheduler.event.AbstractSchedulerListener;
import com.github.kagkarlsson.scheduler.event.ExecutionChain;
import com.github.kagkarlsson.scheduler.event.ExecutionInterceptor;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what fails in a scheduler. A database that is away makes every look for due tasks fail, several
 * times a second: that is one line at most every half minute. A task that fails for another reason is
 * logged with its trace each time. Thread-safe.
 */
final class ScheduledFaults extends AbstractSchedulerListener implements ExecutionInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(ScheduledFaults.class);
    private static final long PAUSE_NANOS = Duration.ofSeconds(30).toNanos();

    private final DataSource dataSource;
    private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - PAUSE_NANOS);

    ScheduledFaults(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public CompletionHandler<?> execute(TaskInstance<?> task, ExecutionContext context, ExecutionChain chain) {
        try {
            return chain.proceed(task, context);
        } catch (RuntimeException | Error e) {
            Faults.log(LOG, e, "task " + task.getTaskName() + " " + task.getId() + " broke and is run again later");
            throw e;
        }
    }

    @Override
    public void onSchedulerEvent(SchedulerEventType type) {
        switch (type) {
            case UNEXPECTED_ERROR, FAILED_HEARTBEAT, COMPLETIONHANDLER_ERROR, FAILUREHANDLER_ERROR -> warn(type);
            case FAILED_MULTIPLE_HEARTBEATS ->
                LOG.warn("a task gave no sign of life for several heartbeats: another process may take it over");
            case UNRESOLVED_TASK -> LOG.warn("the queue holds a task of another version of this service");
            case DEAD_EXECUTION, RAN_UPDATE_HEARTBEATS, RAN_DETECT_DEAD, RAN_EXECUTE_DUE -> {}
        }
    }

    private void warn(SchedulerEventType type) {
        long now = System.nanoTime();
        long last = loggedAt.get();
        if (now - last >= PAUSE_NANOS && loggedAt.compareAndSet(last, now)) {
            LOG.warn("the queue waits, and tries again by itself: {}", problem(type));
        }
    }

    private String problem(SchedulerEventType type) {
        try (Connection connection = dataSource.getConnection()) {
            return connection.isValid(1)
                    ? type + "; the log category com.github.kagkarlsson.scheduler tells more"
                    : "the database does not answer";
        } catch (SQLException e) {
            return "the database is away: " + OneLine.of(e);
        }
    }
}
