package dev.uplift.artifact.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** The SHA-256 of a file. */
final class ContentHash {
    private static final int BUFFER_BYTES = 1 << 17;

    private ContentHash() {}

    /** In 64 lower-case hexadecimal digits; {@code read} is told how many bytes there were so far. */
    static String of(Path file, LongConsumer read) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long total = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                total += count;
                digest.update(buffer, 0, count);
                read.accept(total);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
