/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** Public keys as OpenSSH writes them. */
final class HostKeys {
    private HostKeys() {}

    /** {@code SHA256:} and the unpadded Base64 of the key's digest. */
    static String fingerprint(String publicKey) {
        byte[] blob = Base64.getDecoder().decode(publicKey.split(" ", -1)[1]);
        try {
            return "SHA256:"
                    + Base64.getEncoder()
                            .withoutPadding()
                            .encodeToString(MessageDigest.getInstance("SHA-256").digest(blob));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
