/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Brings one file somewhere, going on with what was left by an earlier try, and reads it back. What was left
 * is not believed: if the whole turns out wrong, it is brought once more from its beginning.
 */
abstract class Upload {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Fence.Content content;
    private final String sha256;
    private final long sizeBytes;
    private final LongConsumer brought;

    Upload(Fence.Content content, String sha256, long sizeBytes, LongConsumer brought) {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("a SHA-256 has 64 lower-case hexadecimal digits");
        }
        this.content = content;
        this.sha256 = sha256;
        this.sizeBytes = sizeBytes;
        this.brought = brought;
    }

    /** How many bytes are there; empty: there is no file. */
    abstract Optional<Long> present() throws IOException;

    /** Writes {@code in} from this offset on, by {@link #copy}, durably. */
    abstract void append(InputStream in, long offset) throws IOException;

    /** What is there, read where it is. */
    abstract Digested digest() throws IOException;

    /** Takes away what is there. */
    abstract void discard() throws IOException;

    /** Brings it. */
    final void run() throws IOException {
        long begin = present().orElse(-1L);
        if (begin > sizeBytes) {
            discard();
            begin = 0;
        }
        if (begin < sizeBytes) {
            append(Math.max(begin, 0));
        }
        if (begin > 0 && !isRight(digest())) {
            discard();
            append(0);
        } else if (begin > 0) {
            return;
        }
        Digested found = digest();
        if (!isRight(found)) {
            discard();
            throw new WrongContentException("SHA-256 " + found.sha256() + " of " + found.sizeBytes()
                    + " bytes came, expected is " + sha256 + " of " + sizeBytes);
        }
    }

    private void append(long offset) throws IOException {
        try (InputStream in = content.from(offset)) {
            append(in, offset);
        }
    }

    private boolean isRight(Digested found) {
        return found.sizeBytes() == sizeBytes && found.sha256().equals(sha256);
    }

    /** Copies what is missing; fails if there is more. */
    final void copy(InputStream in, OutputStream out, long offset) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long total = offset;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            if (total + read > sizeBytes) {
                discard();
                throw new WrongContentException("more than the " + sizeBytes + " bytes came that are expected");
            }
            out.write(buffer, 0, read);
            total += read;
            brought.accept(total);
        }
    }
}
