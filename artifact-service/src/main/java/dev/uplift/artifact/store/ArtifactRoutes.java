/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code GET} and {@code HEAD /artifacts/{sha256}}: how hosts get an artifact, whole or in part. The
 * strong ETag is the hash. The receiver hashes what it got; here it is not hashed again.
 */
@Singleton
final class ArtifactRoutes {
    private final ArtifactStore store;
    private final Counter servedBytes;

    ArtifactRoutes(ArtifactStore store, MeterRegistry meters) {
        this.store = store;
        this.servedBytes = meters.counter("uplift.artifact.served.bytes");
    }

    void register(@Observes Router router) {
        router.route("/artifacts/:sha256")
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .blockingHandler(this::serve, false);
    }

    private void serve(RoutingContext context) {
        String sha256 = context.pathParam("sha256");
        try {
            Optional<Path> file = store.use(sha256);
            if (file.isEmpty()) {
                problem(context.response(), 404, "Not Found");
                return;
            }
            serve(context.request(), context.response(), file.get(), Files.size(file.get()), "\"" + sha256 + "\"");
        } catch (IOException e) {
            context.fail(e);
        }
    }

    private void serve(HttpServerRequest request, HttpServerResponse response, Path file, long size, String etag) {
        response.putHeader("ETag", etag)
                .putHeader("Accept-Ranges", "bytes")
                .putHeader("Cache-Control", "public, max-age=31536000, immutable")
                .putHeader("X-Content-Type-Options", "nosniff");
        String known = request.getHeader("If-None-Match");
        if (known != null && (known.equals("*") || known.contains(etag))) {
            response.setStatusCode(304).end();
            return;
        }
        String validator = request.getHeader("If-Range");
        boolean partial = validator == null || validator.equals(etag);
        switch (ByteRange.of(partial ? request.getHeader("Range") : null, size)) {
            case ByteRange.Whole _ -> send(request, response.setStatusCode(200), file, 0, size);
            case ByteRange.Part(long first, long length) -> {
                response.setStatusCode(206)
                        .putHeader("Content-Range", "bytes " + first + "-" + (first + length - 1) + "/" + size);
                send(request, response, file, first, length);
            }
            case ByteRange.Unsatisfiable _ -> {
                response.putHeader("Content-Range", "bytes */" + size);
                problem(response, 416, "Range Not Satisfiable");
            }
        }
    }

    private void send(HttpServerRequest request, HttpServerResponse response, Path file, long first, long length) {
        response.putHeader("Content-Type", "application/java-archive")
                .putHeader("Content-Length", String.valueOf(length));
        if (request.method().equals(HttpMethod.HEAD)) {
            response.end();
        } else {
            response.sendFile(file.toString(), first, length).onSuccess(_ -> servedBytes.increment((double) length));
        }
    }

    private static void problem(HttpServerResponse response, int status, String title) {
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end("{\"title\":\"" + title + "\",\"status\":" + status + "}");
    }
}
