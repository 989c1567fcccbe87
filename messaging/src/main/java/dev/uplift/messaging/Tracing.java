/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Message;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Traces through messages: W3C trace context in {@link Message#traceparent()}. Thread-safe. */
public final class Tracing {
    private static final String TRACEPARENT = "traceparent";
    private static final int LINKS_MAX = 100;
    private static final TextMapGetter<Map<String, String>> GETTER = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, String> carrier) {
            return carrier.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> carrier, String key) {
            return carrier == null ? null : carrier.get(key);
        }
    };

    private final Tracer tracer;

    Tracing(OpenTelemetry openTelemetry) {
        this.tracer = openTelemetry.getTracer("dev.uplift.messaging");
    }

    /** A span for the work that a message with this {@code traceparent} asked for. */
    public Span consume(String name, @Nullable String traceparent) {
        return tracer.spanBuilder(name)
                .setSpanKind(SpanKind.CONSUMER)
                .setParent(context(traceparent))
                .startSpan();
    }

    /** The current span's context to put into a message; absent if nothing is traced. */
    public @Nullable String current() {
        Map<String, String> carrier = new HashMap<>();
        W3CTraceContextPropagator.getInstance().inject(Context.current(), carrier, (to, key, value) -> {
            if (to != null) {
                to.put(key, value);
            }
        });
        return carrier.get(TRACEPARENT);
    }

    /** A span for a batch, linked to the traces of its messages. */
    Span batch(String name, List<Received> batch) {
        SpanBuilder span = tracer.spanBuilder(name).setNoParent().setSpanKind(SpanKind.CONSUMER);
        batch.stream()
                .limit(LINKS_MAX)
                .map(received -> Span.fromContext(context(received.message().traceparent()))
                        .getSpanContext())
                .filter(SpanContext::isValid)
                .forEach(span::addLink);
        return span.startSpan();
    }

    private static Context context(@Nullable String traceparent) {
        return traceparent == null
                ? Context.root()
                : W3CTraceContextPropagator.getInstance()
                        .extract(Context.root(), Map.of(TRACEPARENT, traceparent), GETTER);
    }
}
