/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.incident;

import dev.uplift.http.Problem;
import dev.uplift.http.Refused;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.OneLine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.concurrent.Semaphore;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records every refused request that would have changed something. The answer does not wait for it. At
 * most {@value #WRITERS_MAX} are being written at a time; what comes above that is counted and logged only. What failed
 * for reasons of our own is in the log.
 */
@ApplicationScoped
final class RefusedRequests {
    private static final Logger LOG = LoggerFactory.getLogger(RefusedRequests.class);
    private static final int WRITERS_MAX = 4;

    private final Database database;
    private final IncidentRepository incidents;
    private final Counter refused;
    private final Semaphore writers = new Semaphore(WRITERS_MAX);

    RefusedRequests(Database database, IncidentRepository incidents, MeterRegistry metrics) {
        this.database = database;
        this.incidents = incidents;
        this.refused = metrics.counter("uplift.requests.refused");
    }

    @ServerResponseFilter
    void refused(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getEntity() instanceof Problem problem) {
            record(request.getMethod(), request.getUriInfo().getPath(), problem);
        }
    }

    /** One that nothing of the service has seen. */
    void refused(@Observes Refused refusal) {
        record(refusal.method(), refusal.path(), refusal.problem());
    }

    private void record(String method, String path, Problem problem) {
        if (problem.status() >= 500 || method.equals("GET") || method.equals("HEAD")) {
            return;
        }
        refused.increment();
        String source = method + " " + path;
        String what = problem.code() + ": " + problem.detail();
        if (!writers.tryAcquire()) {
            LOG.warn("refused and not recorded, too many at once: {}: {}", source, problem.code());
            return;
        }
        Thread.ofVirtual().name("refused-request").start(() -> {
            try {
                database.useTransaction(() -> incidents.record(source, what));
            } catch (RuntimeException e) {
                LOG.warn("refused and not recorded: {}: {}: {}", source, problem.code(), OneLine.of(e));
            } finally {
                writers.release();
            }
        });
    }
}
