/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The setting {@code encryption-check}: plain without a key, encrypted from the first start with a key
 * on. A start without the key or with another one fails, after the migrations.
 */
final class EncryptedSetting {
    private static final String NAME = "encryption-check";
    private static final String PLAIN = "unencrypted";
    private static final int NONCE_BYTES = 12;

    private EncryptedSetting() {}

    static void check(Connection connection, Optional<String> key) throws SQLException {
        Optional<String> stored = read(connection);
        boolean encrypted = stored.isPresent() && !stored.get().equals(PLAIN);
        if (encrypted && key.isEmpty()) {
            throw new IllegalStateException(
                    "Database is encrypted but the MB_ENCRYPTION_SECRET_KEY environment variable was NOT set");
        }
        if (encrypted && !decrypts(stored.get(), key.get())) {
            throw new IllegalStateException("Database was encrypted with a different key than the"
                    + " MB_ENCRYPTION_SECRET_KEY environment contains");
        }
        if (!encrypted && key.isPresent()) {
            Log.info("db.encryption", "New MB_ENCRYPTION_SECRET_KEY environment variable set. Encrypting database...");
            write(connection, encrypt(key.get()), stored.isPresent());
        } else if (stored.isEmpty()) {
            write(connection, PLAIN, false);
        }
    }

    private static Optional<String> read(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT content FROM setting WHERE name = ?")) {
            statement.setString(1, NAME);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
            }
        }
    }

    private static void write(Connection connection, String content, boolean exists) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                exists
                        ? "UPDATE setting SET content = ? WHERE name = ?"
                        : "INSERT INTO setting (content, name) VALUES (?, ?)")) {
            statement.setString(1, content);
            statement.setString(2, NAME);
            statement.executeUpdate();
        }
    }

    private static String encrypt(String key) {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        try {
            byte[] secret = cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(NAME.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder()
                    .encodeToString(ByteBuffer.allocate(nonce.length + secret.length)
                            .put(nonce)
                            .put(secret)
                            .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot encrypt", e);
        }
    }

    private static boolean decrypts(String content, String key) {
        try {
            byte[] bytes = Base64.getDecoder().decode(content);
            byte[] nonce = Arrays.copyOf(bytes, NONCE_BYTES);
            cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(bytes, NONCE_BYTES, bytes.length - NONCE_BYTES);
            return true;
        } catch (GeneralSecurityException | IllegalArgumentException wrongKey) {
            return false;
        }
    }

    private static Cipher cipher(int mode, String key, byte[] nonce) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(digest, "AES"), new GCMParameterSpec(128, nonce));
        return cipher;
    }
}
