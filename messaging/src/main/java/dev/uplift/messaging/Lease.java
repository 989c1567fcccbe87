/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.task.Task;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * How long work belongs to a process that gives no sign of life.
 *
 * @param heartbeat how often it does
 * @param missedMax how many heartbeats may be missed before another process takes the work over; at
 *     least 4
 * @param poll how often due work is looked for
 */
public record Lease(Duration heartbeat, int missedMax, Duration poll) {
    /** Taken over after 8 s. */
    public static final Lease DEFAULT = new Lease(Duration.ofSeconds(2), 4, Duration.ofMillis(200));

    private static final Duration STOP_WAIT = Duration.ofSeconds(3);

    public Lease {
        if (!heartbeat.isPositive() || !poll.isPositive() || missedMax < 4) {
            throw new IllegalArgumentException("a lease needs positive times and at least 4 heartbeats");
        }
    }

    /**
     * A scheduler over the table {@code scheduled_tasks}: it takes due tasks under this lease, at most
     * {@code threads} at a time. When it stops it waits 3 s for them, then interrupts them and waits 3 s
     * more. What fails is logged in one line by {@link ScheduledFaults}; db-scheduler's own log, a stack
     * trace for each, is to be off.
     *
     * @param instance who it is, shown in the table
     */
    public SchedulerBuilder scheduler(DataSource dataSource, String instance, int threads, List<Task<?>> tasks) {
        ScheduledFaults faults = new ScheduledFaults(dataSource);
        return new SchedulerBuilder(dataSource, tasks)
                .schedulerName(new SchedulerName.Fixed(instance))
                .threads(threads)
                .pollingInterval(poll)
                .heartbeatInterval(heartbeat)
                .missedHeartbeatsLimit(missedMax)
                .pollUsingLockAndFetch(0.5, 1.0)
                .shutdownMaxWait(STOP_WAIT)
                .addExecutionInterceptor(faults)
                .addSchedulerListener(faults);
    }
}
