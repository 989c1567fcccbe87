/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.watermark;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.ReadProgress;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to when the results of all workers are read. A deadline for a worker's answer is over only when everything
 * that came until then has been read, and when the worker could be heard all the while: the absence of all
 * orchestrators, or of Kafka, is nobody's silence. Where the watermark stood still for more than {@link #GAP}, a
 * worker gets its time anew from the moment at which it moved again.
 *
 * <p>It is the same for all replicas, because any of them reads, and any of them judges.
 */
@Singleton
public final class Watermark implements AutoCloseable {
    /** The consumer of results. */
    public static final String CONSUMER = "results";

    /** A worker gives a sign of life every 5 s, so that a gap as short as this hides at most two. */
    private static final Duration GAP = Duration.ofSeconds(10);

    private static final Duration LOG_PAUSE = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(Watermark.class);

    private final Database database;
    private final ReadProgress progress;
    private long movedNanos = System.nanoTime();
    private long loggedNanos = System.nanoTime();

    Watermark(MessagingRuntime messaging) {
        this.database = messaging.database();
        this.progress = messaging.readProgress(CONSUMER, topics());
    }

    /** The topics of results. */
    public static List<String> topics() {
        return Arrays.stream(ServiceName.values()).map(Topics::results).toList();
    }

    /**
     * An SQL condition: all that came until {@code deadline} has been read, by consumers that had kept up for the
     * milliseconds of the parameter {@code patience} before.
     *
     * @param deadline a column, or an expression of one
     */
    public static String isPast(String deadline, String patience) {
        return "EXISTS (SELECT FROM results_watermark mark WHERE mark.read_up_to >= GREATEST(" + deadline
                + ", mark.steady_since + :" + patience + " * interval '1 millisecond'))";
    }

    /** Moves it as far as it can. To be called every second, by one thread at a time. */
    public synchronized void advance() {
        try {
            Optional<Duration> age = progress.look();
            if (age.isPresent()) {
                movedNanos = System.nanoTime();
                advance(age.get());
            } else {
                warn("there are more results than were read");
            }
        } catch (KafkaException e) {
            warn(OneLine.of(e));
        }
    }

    /** Everything that came until {@code age} ago is read. */
    private void advance(Duration age) {
        database.useTransaction(() -> database.session()
                .createNativeMutationQuery("""
            INSERT INTO results_watermark AS mark (read_up_to, steady_since)
            SELECT at, at FROM (SELECT now() - :age_millis * interval '1 millisecond' AS at) AS seen
            ON CONFLICT (one) DO UPDATE SET
                steady_since = CASE
                    WHEN excluded.read_up_to > mark.read_up_to + :gap_millis * interval '1 millisecond'
                    THEN excluded.read_up_to ELSE mark.steady_since END,
                read_up_to = excluded.read_up_to
            WHERE excluded.read_up_to > mark.read_up_to
            """)
                .setParameter("age_millis", age.toMillis())
                .setParameter("gap_millis", GAP.toMillis())
                .executeUpdate());
    }

    private void warn(String reason) {
        long now = System.nanoTime();
        if (now - movedNanos > GAP.toNanos() && now - loggedNanos > LOG_PAUSE.toNanos()) {
            loggedNanos = now;
            LOG.warn("the silence of workers is not judged: {}", reason);
        }
    }

    @Override
    public synchronized void close() {
        progress.close();
    }
}
