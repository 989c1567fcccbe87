package dev.uplift.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Writes numbered rows to a stand-in, one after the other, and remembers which were acknowledged. A
 * row whose outcome is unknown is sent again until it is acknowledged, so an outage leaves no gap: of
 * the acknowledged rows every one must be there afterwards. It begins at 1; give each writer a name of
 * its own.
 */
public final class RowWriter implements AutoCloseable {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(3);
    private static final long RETRY_PAUSE_MS = 20;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI server;
    private final String writer;
    private final long pauseNanos;
    private final Optional<Path> record;
    private final NavigableSet<Long> acknowledged = new ConcurrentSkipListSet<>();
    private final List<Duration> outages = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile boolean stopping;
    private volatile long failingSinceNanos;
    private volatile boolean failing;
    private volatile long firstOutageAfter = -1;

    private RowWriter(URI server, String writer, int rowsPerSecond, Optional<Path> record) {
        this.server = server;
        this.writer = writer;
        this.pauseNanos = rowsPerSecond <= 0 ? 0 : 1_000_000_000L / rowsPerSecond;
        this.record = record;
        this.thread = new Thread(this::write, "row-writer-" + writer);
        thread.setDaemon(true);
    }

    /**
     * Begins to write.
     *
     * @param rowsPerSecond at most; 0 for as fast as it goes
     */
    public static RowWriter start(URI server, String writer, int rowsPerSecond) {
        return start(server, writer, rowsPerSecond, Optional.empty());
    }

    /** As above; each acknowledged number is also appended to the file, one a line. */
    public static RowWriter start(URI server, String writer, int rowsPerSecond, Optional<Path> record) {
        RowWriter rows = new RowWriter(server, writer, rowsPerSecond, record);
        rows.thread.start();
        return rows;
    }

    /**
     * What was written.
     *
     * @param outages from the first failed request to the end of the first good one, in order; one that
     *     had not ended at the stop counts up to the stop
     * @param beforeFirstOutage the highest number acknowledged before the first outage, or at all if there
     *     was none
     */
    public record Written(
            String writer, NavigableSet<Long> acknowledged, List<Duration> outages, long beforeFirstOutage) {
        /**
         * Without the rows that were acknowledged after the first outage: a version that served, was not
         * committed and was rolled back takes those with it.
         */
        public Written untilFirstOutage() {
            return new Written(writer, acknowledged.headSet(beforeFirstOutage, true), outages, beforeFirstOutage);
        }

        /** Zero if there was none. */
        public Duration longestOutage() {
            return outages.stream().max(Duration::compareTo).orElse(Duration.ZERO);
        }
    }

    public String writer() {
        return writer;
    }

    /** How many rows are acknowledged so far. */
    public int acknowledgedCount() {
        return acknowledged.size();
    }

    /** Whether the last request failed. */
    public boolean failing() {
        return failing;
    }

    /** Stops and says what was written; idempotent. Waits for the request in flight. */
    public Written stop() {
        stopping = true;
        try {
            thread.join(REQUEST_TIMEOUT.plusSeconds(5).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        return new Written(
                writer,
                acknowledged,
                List.copyOf(outages),
                firstOutageAfter >= 0 ? firstOutageAfter : acknowledged.size());
    }

    @Override
    public void close() {
        stop();
    }

    private void write() {
        long number = 1;
        long next = System.nanoTime();
        while (!stopping) {
            long began = System.nanoTime();
            if (send(number)) {
                acknowledged.add(number);
                record.ifPresent(this::append);
                good();
                number++;
                next = Math.max(next + pauseNanos, System.nanoTime() - pauseNanos);
                pauseUntil(next);
            } else {
                bad(began);
                pauseUntil(System.nanoTime() + RETRY_PAUSE_MS * 1_000_000);
            }
        }
        good();
    }

    private boolean send(long number) {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/api/rows"))
                .timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"writer\":\"" + writer + "\",\"number\":" + number + "}"))
                .build();
        try {
            int status =
                    http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status == 201 || status == 200;
        } catch (IOException unknownOutcome) {
            return false;
        } catch (InterruptedException e) {
            stopping = true;
            return false;
        }
    }

    private void append(Path file) {
        try {
            Files.writeString(file, acknowledged.last() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void bad(long beganNanos) {
        if (!failing) {
            failingSinceNanos = beganNanos;
            failing = true;
            if (firstOutageAfter < 0) {
                firstOutageAfter = acknowledged.size();
            }
        }
    }

    private void good() {
        if (failing) {
            outages.add(Duration.ofNanos(System.nanoTime() - failingSinceNanos));
            failing = false;
        }
    }

    private void pauseUntil(long nanos) {
        long left = nanos - System.nanoTime();
        if (left > 0 && !stopping) {
            try {
                Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
            } catch (InterruptedException e) {
                stopping = true;
            }
        }
    }
}
