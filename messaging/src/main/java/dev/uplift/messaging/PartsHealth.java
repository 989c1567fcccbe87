/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.List;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Alive while all parts are at work; a broker or database that is away does not count. Each service
 * offers one with the qualifier {@code Liveness}.
 */
public final class PartsHealth implements HealthCheck {
    private final String name;
    private final Supplier<List<Liveness>> parts;

    /** @param name under which the parts are shown */
    public PartsHealth(String name, Supplier<List<Liveness>> parts) {
        this.name = name;
        this.parts = parts;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(name).up();
        for (Liveness part : parts.get()) {
            response.withData(part.name(), (part.up() ? "up, " : "down, ") + part.detail());
            if (!part.up()) {
                response.down();
            }
        }
        return response.build();
    }
}
