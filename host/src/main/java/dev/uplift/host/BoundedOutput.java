/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Keeps the first bytes of what is written to it, and only notes that there were more. */
final class BoundedOutput extends OutputStream {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final int bytesMax;
    private boolean overflowed;

    BoundedOutput(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    @Override
    public synchronized void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        int fitting = Math.min(length, bytesMax - kept.size());
        kept.write(bytes, offset, fitting);
        overflowed |= fitting < length;
    }

    /** Whether there was more than is kept. */
    synchronized boolean overflowed() {
        return overflowed;
    }

    synchronized String text() {
        return kept.toString(StandardCharsets.UTF_8);
    }
}
