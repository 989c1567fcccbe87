package dev.uplift.host;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Keeps the first bytes of what is written to it, and swallows the others. */
final class BoundedOutput extends OutputStream {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final int bytesMax;

    BoundedOutput(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    @Override
    public synchronized void write(int value) {
        if (kept.size() < bytesMax) {
            kept.write(value);
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        kept.write(bytes, offset, Math.min(length, bytesMax - kept.size()));
    }

    synchronized String text() {
        return kept.toString(StandardCharsets.UTF_8);
    }
}
