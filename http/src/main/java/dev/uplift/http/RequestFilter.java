/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Json;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Lets in what {@link RequestRules} allow, once its body is there and a place is free. Health and metrics have places
 * of their own, so that they answer whatever the rest of the service waits for.
 */
final class RequestFilter implements Handler<RoutingContext> {
    // Fewer than the threads that serve them (200), more than the connections to the database (16).
    private static final int PLACES = 64;
    private static final int HEALTH_PLACES = 16;
    private static final int WAITING_MAX = 1_000;
    private static final String HEALTH_PATH = "/q/";
    private static final Duration LINGER = Duration.ofSeconds(1);
    // A caller that goes away does not end the work that was begun for it; it ends by itself, as a rule by then.
    private static final Duration ABANDONED = Duration.ofSeconds(10);

    private final RequestRules rules;
    private final BodyReader bodies;
    private final Consumer<Refused> refusals;
    private final Places places = new Places(PLACES, WAITING_MAX);
    private final Places healthPlaces = new Places(HEALTH_PLACES, WAITING_MAX);

    /** @param refusals is told of every refusal */
    RequestFilter(RequestRules rules, BodyReader bodies, Consumer<Refused> refusals) {
        this.rules = rules;
        this.bodies = bodies;
        this.refusals = refusals;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        Optional<Problem> refusal = rules.refusal(request);
        if (refusal.isPresent()) {
            refuse(context, refusal.get());
        } else if (RequestRules.hasBody(request)) {
            bodies.read(
                    context,
                    (body, release) -> {
                        ((RoutingContextInternal) context).setBody(body);
                        admit(context, release);
                    },
                    problem -> refuse(context, problem));
        } else {
            admit(context, () -> {});
        }
    }

    /** @param release run once, when the request is served or will not be */
    private void admit(RoutingContext context, Runnable release) {
        Places wanted = isHealth(context.request().path()) ? healthPlaces : places;
        Context thread = context.vertx().getOrCreateContext();
        if (!wanted.enter(() -> thread.runOnContext(_ -> goOn(context, wanted, release)))) {
            release.run();
            refuse(
                    context,
                    Problem.of(
                            503,
                            "Service Unavailable",
                            "service.busy",
                            WAITING_MAX + " requests wait already; try again in a second"));
        }
    }

    /** What only looks like it, such as /q/../api, is not. */
    private static boolean isHealth(String path) {
        return path.startsWith(HEALTH_PATH) && !path.contains("..") && !path.contains("%");
    }

    private static void goOn(RoutingContext context, Places taken, Runnable release) {
        if (context.response().closed()) {
            release.run();
            taken.leave();
            return;
        }
        AtomicBoolean left = new AtomicBoolean();
        Runnable leave = () -> {
            if (left.compareAndSet(false, true)) {
                release.run();
                taken.leave();
            }
        };
        // The work is done when the answer begins: an event stream or a download goes on long after.
        context.addHeadersEndHandler(_ -> leave.run());
        context.addEndHandler(_ -> {
            if (!left.get()) {
                context.vertx().setTimer(ABANDONED.toMillis(), _ -> leave.run());
            }
        });
        context.next();
    }

    private void refuse(RoutingContext context, Problem problem) {
        HttpServerRequest request = context.request();
        HttpServerResponse response = context.response();
        if (response.closed() || response.ended()) {
            return;
        }
        refusals.accept(new Refused(request.method().name(), pathOf(request.uri()), problem));
        response.setStatusCode(problem.status()).putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
        if (problem.status() == 503) {
            response.putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
        if (!request.isEnded()) {
            // Whoever still sends has to read the answer before the connection is closed under it.
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            request.handler(_ -> {});
            request.resume();
            context.vertx()
                    .setTimer(LINGER.toMillis(), _ -> request.connection().close());
        }
        response.end(json(problem));
    }

    private static String pathOf(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    private static Buffer json(Problem problem) {
        try {
            return Buffer.buffer(Json.mapper().writeValueAsBytes(problem));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem has no JSON form", e);
        }
    }
}
