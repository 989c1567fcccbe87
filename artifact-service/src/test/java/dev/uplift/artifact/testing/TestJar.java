package dev.uplift.artifact.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** JARs that say which version they are, as Metabase's do. */
public final class TestJar {
    private TestJar() {}

    /** About 100 kB that cannot be compressed; {@code seed} makes it unlike others of its version. */
    public static byte[] of(String version, long seed) {
        return with("version.properties", "tag=" + version + "\nhash=abc\n", seed);
    }

    public static byte[] with(String entry, String content, long seed) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(content.getBytes(StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("padding"));
            byte[] padding = new byte[100_000];
            new Random(seed).nextBytes(padding);
            zip.write(padding);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
