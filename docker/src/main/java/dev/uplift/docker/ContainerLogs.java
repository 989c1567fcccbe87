/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** What containers have written to their standard output and error. */
public final class ContainerLogs {
    private static final int STREAM_HEADER_REST = 3;
    private static final String LINES_MAX = "20000";
    private static final int LINE_BYTES_MAX = 64 << 10;

    private final EngineClient client;

    ContainerLogs(EngineClient client) {
        this.client = client;
    }

    /**
     * The text since a moment by the clock of the engine's host, both streams together, at most its last
     * {@code bytesMax} bytes.
     *
     * @param since absent: since ever
     * @return empty if the container's log driver keeps no text that can be read back
     */
    public Optional<String> since(ContainerInspection container, Optional<Instant> since, int bytesMax)
            throws IOException, InterruptedException {
        EngineRequest request = EngineRequest.get("/containers/{}/logs", container.id())
                .query("stdout", "1")
                .query("stderr", "1")
                .query("tail", LINES_MAX);
        if (since.isPresent()) {
            request = request.query("since", seconds(since.get()));
        }
        return read(container, request, bytesMax);
    }

    /**
     * When the last line was written, by the clock of the engine's host; empty if nothing was, or nothing can be
     * read back. It changes with everything that is written.
     */
    public Optional<Instant> lastAt(ContainerInspection container) throws IOException, InterruptedException {
        EngineRequest request = EngineRequest.get("/containers/{}/logs", container.id())
                .query("stdout", "1")
                .query("stderr", "1")
                .query("timestamps", "1")
                .query("tail", "1");
        return read(container, request, LINE_BYTES_MAX)
                .map(line -> line.substring(0, Math.max(line.indexOf(' '), 0)))
                .filter(stamp -> !stamp.isEmpty())
                .map(Instant::parse);
    }

    private Optional<String> read(ContainerInspection container, EngineRequest request, int bytesMax)
            throws IOException, InterruptedException {
        boolean terminal = container.raw().path("Config").path("Tty").asBoolean();
        try {
            return Optional.of(client.read(request, body -> {
                Tail tail = new Tail(bytesMax);
                if (terminal) {
                    tail.addAll(body, Long.MAX_VALUE);
                } else {
                    frames(body, tail);
                }
                return tail.text();
            }));
        } catch (DockerRefusedException e) {
            if (String.valueOf(e.getMessage()).contains("does not support reading")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static String seconds(Instant instant) {
        return String.format("%d.%09d", instant.getEpochSecond(), instant.getNano());
    }

    /** Each piece comes with a byte for its stream, three zeros and its length. */
    private static void frames(InputStream body, Tail tail) throws IOException {
        DataInputStream data = new DataInputStream(body);
        while (data.read() >= 0) {
            try {
                data.skipNBytes(STREAM_HEADER_REST);
                tail.addAll(data, Integer.toUnsignedLong(data.readInt()));
            } catch (EOFException _) {
                return;
            }
        }
    }

    /** Keeps the end of a text. */
    static final class Tail {
        private final int bytesMax;
        private ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Tail(int bytesMax) {
            this.bytesMax = bytesMax;
        }

        void addAll(InputStream in, long length) throws IOException {
            byte[] buffer = new byte[8192];
            long left = length;
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    return;
                }
                left -= count;
                add(buffer, count);
            }
        }

        void add(byte[] piece, int count) {
            bytes.write(piece, 0, count);
            if (bytes.size() > 2L * bytesMax) {
                shorten();
            }
        }

        String text() {
            if (bytes.size() > bytesMax) {
                shorten();
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }

        private void shorten() {
            byte[] all = bytes.toByteArray();
            bytes = new ByteArrayOutputStream();
            bytes.write(all, all.length - bytesMax, bytesMax);
        }
    }
}
