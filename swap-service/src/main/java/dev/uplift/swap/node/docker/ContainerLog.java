/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEngine;
import dev.uplift.host.Scrubber;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.ShownLines;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the container writes that has the node's name at the moment of the question. A mark is a time by the
 * clock of the engine's host, so it also holds for the container that comes next.
 */
record ContainerLog(DockerEngine engine, String container, Scrubber scrubber) implements NodeLog {
    private static final int BYTES_MAX = 65_536;

    @Override
    public String mark() {
        try {
            Optional<ContainerInspection> found = engine.containers().find(container);
            return found.isEmpty()
                    ? ""
                    : engine.logs().lastAt(found.get()).map(Instant::toString).orElse("");
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    @Override
    public String since(String mark, List<String> telling) {
        try {
            Optional<ContainerInspection> found = engine.containers().find(container);
            if (found.isEmpty()) {
                return "its container is gone";
            }
            Optional<Instant> after = mark.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Instant.parse(mark).plusNanos(1));
            return engine.logs()
                    .since(found.get(), after, BYTES_MAX)
                    .map(text -> ShownLines.of(text, scrubber, telling))
                    .orElse("its log driver keeps nothing that can be read back");
        } catch (IOException e) {
            return "its log cannot be read";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "its log cannot be read";
        }
    }
}
