/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads bodies on the event loop, whole, before a thread is given to their requests: a body that does not come
 * costs nobody a thread, and what has come of all bodies is bounded until their requests are served.
 */
final class BodyReader {
    /** A longer body is refused. */
    static final int BODY_BYTES_MAX = 1 << 20;

    private static final long ALL_BYTES_MAX = 32L << 20;

    private final Duration within;
    private final AtomicLong allBytes = new AtomicLong();

    /** @param within how long one body may take */
    BodyReader(Duration within) {
        this.within = within;
    }

    /**
     * Calls one of both once, on the event loop; neither if the caller is gone before.
     *
     * @param whole gets the body, and what is to be run once when nobody needs it any more
     */
    void read(RoutingContext context, BiConsumer<Buffer, Runnable> whole, Consumer<Problem> refused) {
        HttpServerRequest request = context.request();
        if (declaredLength(request) > BODY_BYTES_MAX) {
            refused.accept(tooLarge());
            return;
        }
        if (request.headers().contains(HttpHeaders.EXPECT, HttpHeaders.CONTINUE, true)) {
            request.response().writeContinue();
        }
        new Reading(context, whole, refused).begin();
    }

    private static long declaredLength(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static Problem tooLarge() {
        return Problem.of(
                413,
                "Content Too Large",
                "request.too-large",
                "a body has at most " + BODY_BYTES_MAX + " bytes; ask for fewer things at a time");
    }

    /** One body; used by its event loop only. */
    private final class Reading {
        private final RoutingContext context;
        private final Consumer<Problem> refused;
        private final BiConsumer<Buffer, Runnable> whole;
        private @Nullable Buffer body = Buffer.buffer();
        private long timer;

        Reading(RoutingContext context, BiConsumer<Buffer, Runnable> whole, Consumer<Problem> refused) {
            this.context = context;
            this.whole = whole;
            this.refused = refused;
        }

        void begin() {
            timer = context.vertx()
                    .setTimer(
                            within.toMillis(),
                            _ -> refuse(Problem.of(
                                    408,
                                    "Request Timeout",
                                    "request.too-slow",
                                    "the body was not there after " + within.toMillis()
                                            + " ms; send it at once, or raise uplift.http.body-timeout")));
            context.request()
                    .handler(this::take)
                    .endHandler(_ -> end().ifPresent(read -> whole.accept(read, () -> release(read))))
                    .exceptionHandler(_ -> end().ifPresent(this::release));
        }

        private void take(Buffer part) {
            if (body == null) {
                return;
            }
            body.appendBuffer(part);
            if (allBytes.addAndGet(part.length()) > ALL_BYTES_MAX) {
                refuse(Problem.of(
                        503,
                        "Service Unavailable",
                        "service.busy",
                        "too many bodies are being sent at the same time; try again"));
            } else if (body.length() > BODY_BYTES_MAX) {
                refuse(tooLarge());
            }
        }

        private void refuse(Problem problem) {
            end().ifPresent(read -> {
                release(read);
                refused.accept(problem);
            });
        }

        private void release(Buffer read) {
            allBytes.addAndGet(-read.length());
        }

        /** What was read; empty if it is over already. */
        private Optional<Buffer> end() {
            Buffer read = body;
            body = null;
            if (read == null) {
                return Optional.empty();
            }
            context.vertx().cancelTimer(timer);
            return Optional.of(read);
        }
    }
}
