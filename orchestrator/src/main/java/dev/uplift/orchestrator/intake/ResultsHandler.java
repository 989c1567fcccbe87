/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.intake;

import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.BatchHandler;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.DeadLetters;
import dev.uplift.messaging.Inbox;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.database.DatabaseIds;
import dev.uplift.orchestrator.sql.LockOrder;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes what workers answer, and hands each kind of it to its {@link ResultHandler}. Copies are dropped by the inbox, but for
 * signs of life. What has the id of another message is no copy: it is refused, and so is what nobody handles.
 */
@Singleton
public final class ResultsHandler implements BatchHandler {
    private final Inbox inbox;
    private final DeadLetters deadLetters;
    private final DeadLetterSink refused;
    private final Database database;
    private final LockOrder locks;
    private final List<ResultHandler<?>> handlers;

    ResultsHandler(
            MessagingRuntime messaging, DeadLetterSink refused, LockOrder locks, @All List<ResultHandler<?>> handlers) {
        this.inbox = messaging.inbox();
        this.deadLetters = messaging.deadLetters();
        this.database = messaging.database();
        this.refused = refused;
        this.locks = locks;
        this.handlers = inOrder(handlers);
    }

    private static List<ResultHandler<?>> inOrder(List<ResultHandler<?>> handlers) {
        for (Class<?> body : MessageType.all().values()) {
            List<ResultHandler<?>> own = handlers.stream()
                    .filter(handler -> handler.type().isAssignableFrom(body))
                    .toList();
            if (own.size() > 1) {
                throw new IllegalStateException(body + " has several handlers: " + own);
            }
        }
        List<ResultHandler<?>> ordered = new ArrayList<>(handlers);
        ordered.sort(Comparator.comparing(ResultHandler::locks));
        ordered.add(new Unknown());
        return List.copyOf(ordered);
    }

    @Override
    public void handle(List<Received> batch) {
        List<Part<?>> parts =
                handlers.stream().<Part<?>>map(handler -> new Part<>(handler)).toList();
        List<Arrived<?>> arrived = batch.stream()
                .<Arrived<?>>map(received -> arrived(received, parts))
                .toList();
        DatabaseIds databases = DatabaseIds.hold(
                database, locks, arrived.stream().flatMap(Arrived::databaseIds).collect(Collectors.toSet()));
        Inbox.Claims claims = inbox.claim(arrived.stream()
                .filter(one -> !one.isSign())
                .map(Arrived::message)
                .toList());
        for (Arrived<?> one : arrived) {
            if (one.isSign() || claims.first(one.message())) {
                if (!one.join()) {
                    deadLetters.refuse(
                            one.received(), "no result: " + one.message().type(), refused);
                }
            } else if (claims.reused(one.message())) {
                deadLetters.refuse(one.received(), DeadLetters.ID_REUSED, refused);
            }
        }
        List<Part<?>> present =
                parts.stream().filter(part -> !part.results.isEmpty()).toList();
        present.forEach(part -> part.lockBefore(databases));
        present.forEach(part -> part.handle(databases));
        databases.write(database);
    }

    private static Arrived<?> arrived(Received received, List<Part<?>> parts) {
        return parts.stream()
                .filter(part ->
                        part.handler.type().isInstance(received.message().body()))
                .findFirst()
                .orElseThrow()
                .arrived(received);
    }

    /** What one handler gets of a batch. */
    private static final class Part<B> {
        private final ResultHandler<B> handler;
        private final List<Result<B>> results = new ArrayList<>();

        Part(ResultHandler<B> handler) {
            this.handler = handler;
        }

        Arrived<B> arrived(Received received) {
            return new Arrived<>(
                    this, received, handler.type().cast(received.message().body()));
        }

        void lockBefore(DatabaseIds databases) {
            handler.lockBefore(new ResultBatch<>(results, databases));
        }

        void handle(DatabaseIds databases) {
            handler.handle(new ResultBatch<>(results, databases));
        }
    }

    /** A message, and the part that it belongs to. */
    private record Arrived<B>(Part<B> part, Received received, B body) {
        Message message() {
            return received.message();
        }

        boolean isSign() {
            return part.handler.isSign(body);
        }

        Stream<String> databaseIds() {
            return part.handler.database(body).stream().flatMap(seen -> seen.ids().stream());
        }

        /** False: it must not come from this service. */
        boolean join() {
            ServiceName service = service(received);
            return part.handler.isFrom(service) && part.results.add(new Result<>(received, service, body));
        }
    }

    /** What no feature handles. */
    private static final class Unknown implements ResultHandler<Object> {
        @Override
        public Class<Object> type() {
            return Object.class;
        }

        @Override
        public boolean isFrom(ServiceName service) {
            return false;
        }

        @Override
        public void handle(ResultBatch<Object> batch) {
            throw new IllegalStateException("nobody sends this");
        }
    }

    private static ServiceName service(Received received) {
        return Arrays.stream(ServiceName.values())
                .filter(name -> Topics.results(name).equals(received.topic()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("not a topic of results: " + received.topic()));
    }
}
