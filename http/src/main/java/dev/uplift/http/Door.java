/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Puts the {@link RequestFilter} before everything that a service answers. */
@Singleton
final class Door {
    private static final int BEFORE_ALL_OTHERS = 10_000;
    private static final Duration BODY_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final Duration BODY_TIMEOUT_MAX = Duration.ofMinutes(10);

    private final RequestFilter filter;

    Door(HttpSettings settings, Event<Refused> refusals) {
        List<String> hosts = new ArrayList<>(settings.allowedHosts().orElse(List.of()));
        settings.publicUrl().map(URI::getHost).ifPresent(hosts::add);
        Duration bodyTimeout = settings.bodyTimeout();
        if (bodyTimeout.compareTo(BODY_TIMEOUT_MIN) < 0 || bodyTimeout.compareTo(BODY_TIMEOUT_MAX) > 0) {
            throw new IllegalArgumentException(
                    "uplift.http.body-timeout is " + bodyTimeout + ", 100 ms to 10 min is possible");
        }
        this.filter =
                new RequestFilter(new RequestRules(new OwnHosts(hosts)), new BodyReader(bodyTimeout), refusals::fire);
    }

    void register(@Observes Filters filters) {
        filters.register(filter, BEFORE_ALL_OTHERS);
    }
}
