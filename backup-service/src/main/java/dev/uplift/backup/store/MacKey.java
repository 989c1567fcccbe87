/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that tells our own backups from others'. {@code pg_restore} runs what an archive says, so
 * nothing is restored whose manifest does not carry a MAC by this key.
 */
final class MacKey {
    private static final int KEY_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private MacKey(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /**
     * Reads the key, or makes it if there is none. Safe when several processes do it at once: one key wins.
     *
     * @throws IOException if the file cannot be read or written, or is not a key
     */
    static MacKey at(Path file) throws IOException {
        if (!Files.exists(file)) {
            create(file);
        }
        byte[] key = Files.readAllBytes(file);
        if (key.length != KEY_BYTES) {
            throw new IOException(file + " is not a key of " + KEY_BYTES + " bytes");
        }
        return new MacKey(key);
    }

    String of(byte[] document) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(document));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean accepts(byte[] document, String mac) {
        byte[] expected = of(document).getBytes(US_ASCII);
        return MessageDigest.isEqual(expected, mac.getBytes(US_ASCII));
    }

    private static void create(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " has no directory");
        }
        BackupFiles.createDirectories(directory);
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        Path draft = directory.resolve("." + file.getFileName() + "." + UUID.randomUUID());
        DurableFiles.write(draft, key, DurableFiles.OWNER_ONLY);
        try {
            Files.createLink(file, draft);
        } catch (FileAlreadyExistsException e) {
            // Another process made it first: its key is the one.
        } finally {
            Files.deleteIfExists(draft);
        }
        DurableFiles.forceDirectory(directory);
    }
}
