/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** JARs that say which version they are, as Metabase's do. */
public final class TestJar {
    public static final String MANIFEST = "META-INF/MANIFEST.MF";

    private TestJar() {}

    /** About 100 kB that cannot be compressed; {@code seed} makes it unlike others of its version. */
    public static byte[] of(String version, long seed) {
        return with("version.properties", "tag=" + version + "\nhash=abc\n", seed);
    }

    public static byte[] with(String entry, String content, long seed) {
        return with(
                Map.of(entry, content.getBytes(StandardCharsets.UTF_8), MANIFEST, manifest("Main-Class: Main")), seed);
    }

    /** With these entries, and the padding. */
    public static byte[] with(Map<String, byte[]> entries, long seed) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : new TreeMap<>(entries).entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
            zip.putNextEntry(new ZipEntry("padding"));
            byte[] padding = new byte[100_000];
            new Random(seed).nextBytes(padding);
            zip.write(padding);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A manifest with these attributes. */
    public static byte[] manifest(String... attributes) {
        return ("Manifest-Version: 1.0\n" + String.join("\n", attributes) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The head of a class that this Java and newer ones load. */
    public static byte[] classFor(int java) {
        return ByteBuffer.allocate(10)
                .putInt(0xCAFEBABE)
                .putShort((short) 0)
                .putShort((short) (java + 44))
                .array();
    }

    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
