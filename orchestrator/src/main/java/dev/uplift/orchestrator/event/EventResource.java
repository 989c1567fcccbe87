/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.event;

import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.rest.ProblemException;
import jakarta.persistence.PersistenceException;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /api/v1/events}: server-sent events. */
@Path("/api/v1/events")
@Tag(name = "events")
public final class EventResource {
    private static final Logger LOG = LoggerFactory.getLogger(EventResource.class);
    private static final int LISTENERS_MAX = 1_000;
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration TAKEN_MAX = Duration.ofSeconds(30);

    /** So many events are sent before it is waited until the listener has taken them. */
    private static final int UNTAKEN_MAX = 50;

    private final ChangeFeed feed;
    private final Semaphore places = new Semaphore(LISTENERS_MAX);

    EventResource(ChangeFeed feed) {
        this.feed = feed;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            summary = "Follow what happens: upgrade.transitioned, upgrade.status, installation.status and"
                    + " installation.removed",
            description = "Each event's id is a rising number. With Last-Event-ID everything after that one is sent"
                    + " first, a state that changed several times once; without it, what happens from now on."
                    + " A comment is sent every 10 s when nothing happens.")
    public void follow(
            @HeaderParam("Last-Event-ID") @Nullable String lastEventId, @Context SseEventSink sink, @Context Sse sse) {
        long seen = seen(lastEventId);
        if (!places.tryAcquire()) {
            throw ProblemException.conflict("events.full", LISTENERS_MAX + " listen already, no more can");
        }
        Thread.ofVirtual().name("events").start(() -> {
            feed.join();
            try (sink) {
                send(seen, sink, sse);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (CompletionException | IllegalStateException e) {
                LOG.debug("a listener has gone: {}", e.getMessage());
            } catch (PersistenceException e) {
                LOG.warn("a listener is let go, it may come back with its Last-Event-ID: {}", OneLine.of(e));
            } finally {
                feed.leave();
                places.release();
            }
        });
    }

    private void send(long from, SseEventSink sink, Sse sse) throws InterruptedException {
        long seen = from < 0 ? feed.awaitBeyond(-1, SILENCE) : from;
        comment("here you are", sink, sse);
        while (!sink.isClosed() && !feed.isClosed()) {
            long horizon = feed.awaitBeyond(seen, SILENCE);
            if (horizon <= seen) {
                comment("still here", sink, sse);
                continue;
            }
            List<Change> page = feed.page(seen, horizon);
            List<CompletableFuture<?>> untaken = new ArrayList<>();
            for (Change change : page) {
                untaken.add(sink.send(sse.newEventBuilder()
                                .id(Long.toString(change.number()))
                                .name(change.type())
                                .mediaType(MediaType.APPLICATION_JSON_TYPE)
                                .data(change.json())
                                .build())
                        .toCompletableFuture());
                if (untaken.size() == UNTAKEN_MAX) {
                    awaitTaken(untaken);
                    untaken.clear();
                }
            }
            awaitTaken(untaken);
            seen = page.isEmpty() ? horizon : page.getLast().number();
        }
    }

    private static void comment(String text, SseEventSink sink, Sse sse) {
        awaitTaken(
                List.of(sink.send(sse.newEventBuilder().comment(text).build()).toCompletableFuture()));
    }

    /** A listener that takes nothing any more must not keep its place for ever. */
    private static void awaitTaken(List<? extends CompletableFuture<?>> sent) {
        CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
                .orTimeout(TAKEN_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private static long seen(@Nullable String lastEventId) {
        if (lastEventId == null || lastEventId.isBlank()) {
            return -1;
        }
        try {
            return Math.max(0, Long.parseLong(lastEventId.strip()));
        } catch (NumberFormatException e) {
            throw ProblemException.invalid("Last-Event-ID is not a number");
        }
    }
}
