/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** An engine that answers this, whatever is asked. */
record AnsweringEngine(Response answer, List<Request> requests) implements DockerHttpClient {
    AnsweringEngine(int status, String body) {
        this(status, new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), new AtomicBoolean());
    }

    AnsweringEngine(int status, InputStream body, AtomicBoolean closed) {
        this(new Answer(status, body, closed), new ArrayList<>());
    }

    @Override
    public Response execute(Request request) {
        requests.add(request);
        return answer;
    }

    @Override
    public void close() {}

    private record Answer(int status, InputStream body, AtomicBoolean closed) implements Response {
        @Override
        public int getStatusCode() {
            return status;
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return Map.of();
        }

        @Override
        public InputStream getBody() {
            return body;
        }

        @Override
        public void close() {
            closed.set(true);
        }
    }
}
