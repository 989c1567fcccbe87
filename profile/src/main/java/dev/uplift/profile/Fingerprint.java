/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Tells whether a secret changed without keeping it. */
final class Fingerprint {
    static final String ABSENT = "absent";

    private static final int ITERATIONS = 100_000;
    private static final int BITS = 128;

    private Fingerprint() {}

    /** 32 hexadecimal digits; the same for the same purpose and secret on every machine. */
    static String of(String purpose, String secret) {
        char[] characters = secret.toCharArray();
        try {
            PBEKeySpec spec = new PBEKeySpec(
                    characters, ("uplift/" + purpose).getBytes(StandardCharsets.UTF_8), ITERATIONS, BITS);
            byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            return HexFormat.of().formatHex(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has PBKDF2WithHmacSHA256", e);
        } finally {
            Arrays.fill(characters, '\0');
        }
    }
}
