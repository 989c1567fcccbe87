/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

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
    private final ConcurrentNavigableMap<Long, Instant> acknowledged = new ConcurrentSkipListMap<>();
    private final Thread thread;
    private volatile boolean stopping;
    private volatile boolean failing;

    private RowWriter(URI server, String writer, int rowsPerSecond) {
        this.server = server;
        this.writer = writer;
        this.pauseNanos = rowsPerSecond <= 0 ? 0 : 1_000_000_000L / rowsPerSecond;
        this.thread = new Thread(this::write, "row-writer-" + writer);
        thread.setDaemon(true);
    }

    /**
     * Begins to write.
     *
     * @param rowsPerSecond at most; 0 for as fast as it goes
     */
    public static RowWriter start(URI server, String writer, int rowsPerSecond) {
        RowWriter rows = new RowWriter(server, writer, rowsPerSecond);
        rows.thread.start();
        return rows;
    }

    /** What was written: the numbers of the acknowledged rows, each with the moment. */
    public record Written(String writer, NavigableMap<Long, Instant> acknowledgedAt) {
        /** The numbers. */
        public NavigableSet<Long> acknowledged() {
            return acknowledgedAt.navigableKeySet();
        }

        /** What was acknowledged before or after that time. */
        public Written outside(Instant begin, Instant end) {
            NavigableMap<Long, Instant> kept = new TreeMap<>(acknowledgedAt);
            kept.values().removeIf(at -> !at.isBefore(begin) && at.isBefore(end));
            return new Written(writer, kept);
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
        return new Written(writer, acknowledged);
    }

    @Override
    public void close() {
        stop();
    }

    private void write() {
        long number = 1;
        long next = System.nanoTime();
        while (!stopping) {
            if (send(number)) {
                acknowledged.put(number, Instant.now());
                failing = false;
                number++;
                next = Math.max(next + pauseNanos, System.nanoTime() - pauseNanos);
                pauseUntil(next);
            } else {
                failing = true;
                pauseUntil(System.nanoTime() + RETRY_PAUSE_MS * 1_000_000);
            }
        }
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

    /** Keeps to the rate, or gives a server that is down a moment. */
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
