/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.List;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;

/**
 * The key by which a host proves who it is, as it was registered: {@code SHA256:...} as {@code ssh-keygen -l}
 * prints it, or the key itself as it stands in {@code known_hosts} or in a {@code .pub} file.
 */
final class HostKeyPin {
    private static final String FINGERPRINT = "SHA256:";
    private static final List<List<String>> KINDS = List.of(
            List.of("ssh-ed25519"),
            List.of("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
            List.of("rsa-sha2-512", "rsa-sha2-256"));

    private final String fingerprint;
    private final List<List<String>> kinds;

    private HostKeyPin(String fingerprint, List<List<String>> kinds) {
        this.fingerprint = fingerprint;
        this.kinds = kinds;
    }

    /**
     * What {@code text} pins.
     *
     * @throws IOException if it is neither a fingerprint nor a key
     */
    static HostKeyPin parse(String text) throws IOException {
        String trimmed = text.strip();
        if (trimmed.matches(FINGERPRINT + "[A-Za-z0-9+/]{43}=?")) {
            return new HostKeyPin(trimmed.replace("=", ""), KINDS);
        }
        String[] words = trimmed.split("\\s+", -1);
        for (int i = 0; i + 1 < words.length && i < 2; i++) {
            if (words[i].matches("(ssh|ecdsa)-[a-z0-9-]+")) {
                return ofKey(words[i] + " " + words[i + 1]);
            }
        }
        throw new IOException("a host key is pinned as SHA256:... or as 'ssh-ed25519 AAAA...'");
    }

    private static HostKeyPin ofKey(String line) throws IOException {
        try {
            PublicKeyEntry entry = PublicKeyEntry.parsePublicKeyEntry(line);
            PublicKey key = entry.resolvePublicKey(null, null, null);
            String type = entry.getKeyType();
            List<List<String>> kinds = KINDS.stream()
                    .filter(kind -> kind.contains(type) || (type.equals("ssh-rsa") && kind.contains("rsa-sha2-256")))
                    .toList();
            if (kinds.isEmpty()) {
                throw new IOException("host keys of type " + type + " are not accepted");
            }
            return new HostKeyPin(fingerprint(key), kinds);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the pinned host key cannot be read: " + e.getMessage(), e);
        }
    }

    /** The signature algorithms to ask for, in the order of trying: a host has one key of each kind. */
    List<List<String>> kinds() {
        return kinds;
    }

    boolean matches(PublicKey key) {
        return fingerprint(key).equals(fingerprint);
    }

    @Override
    public String toString() {
        return fingerprint;
    }

    /** As {@code ssh-keygen -l} prints it. */
    static String fingerprint(PublicKey key) {
        return KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    }
}
