/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/** Logs in to a host: only to one that shows the key it was registered with, and with the registered key. */
final class SshLogin {
    static final AttributeRepository.AttributeKey<Attempt> ATTEMPT = new AttributeRepository.AttributeKey<>();

    private static final Duration CONNECT_MAX = Duration.ofSeconds(15);

    private final SshClient client;
    private final SshTarget target;
    private final Host here;

    SshLogin(SshClient client, SshTarget target, Host here) {
        this.client = client;
        this.target = target;
        this.here = here;
    }

    /** One try to connect: the key that is expected, what may prove it, and who answered instead. */
    static final class Attempt {
        final HostKeyPin pin;
        final List<String> algorithms;
        private volatile @Nullable PublicKey refused;

        Attempt(HostKeyPin pin, List<String> algorithms) {
            this.pin = pin;
            this.algorithms = algorithms;
        }

        boolean accepts(PublicKey key) {
            boolean right = pin.matches(key);
            if (!right) {
                refused = key;
            }
            return right;
        }
    }

    /**
     * A new session; the receiver closes it.
     *
     * @throws HostKeyRefusedException if the host shows another key
     * @throws HostLostException if it is not reached, or does not let us in
     */
    ClientSession connect() throws IOException {
        HostKeyPin pin = HostKeyPin.parse(target.hostKey());
        KeyPair key = key();
        List<String> refused = new ArrayList<>();
        for (List<String> algorithms : pin.kinds()) {
            Attempt attempt = new Attempt(pin, algorithms);
            try {
                return connect(attempt, key);
            } catch (IOException e) {
                PublicKey other = attempt.refused;
                if (other != null) {
                    refused.add(HostKeyPin.fingerprint(other));
                } else if (!noSuchKey(e)) {
                    throw new HostLostException(target + " is not reached: " + SshFailure.reason(e), e);
                }
            }
        }
        throw new HostKeyRefusedException(target + " has another host key than was registered: it shows "
                + (refused.isEmpty() ? "none of that kind" : String.join(", ", refused)) + ", registered is " + pin
                + ". If the host was set up anew, compare the key on its own console and register the host again;"
                + " otherwise somebody is in between");
    }

    private ClientSession connect(Attempt attempt, KeyPair key) throws IOException {
        ClientSession made = client.connect(
                        target.user(),
                        target.address(),
                        target.port(),
                        AttributeRepository.ofKeyValuePair(ATTEMPT, attempt))
                .verify(CONNECT_MAX)
                .getSession();
        boolean ready = false;
        try {
            made.addPublicKeyIdentity(key);
            made.auth().verify(CONNECT_MAX);
            ready = true;
            return made;
        } finally {
            if (!ready) {
                made.close(true);
            }
        }
    }

    /** The host has no key of the kind that was asked for: another kind may be the pinned one. */
    private static boolean noSuchKey(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains("SERVERKEYS")
                    || String.valueOf(cause.getMessage()).contains("server host key")) {
                return true;
            }
        }
        return false;
    }

    private KeyPair key() throws IOException {
        String text = Secrets.key(here, target.keyRef()).reveal();
        try (InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))) {
            Iterable<KeyPair> keys = SecurityUtils.loadKeyPairIdentities(
                    null, NamedResource.ofName(target.keyRef()), in, FilePasswordProvider.EMPTY);
            if (keys == null || !keys.iterator().hasNext()) {
                throw new SecretUnavailableException(target.keyRef() + " is not a private key");
            }
            return keys.iterator().next();
        } catch (GeneralSecurityException e) {
            throw new SecretUnavailableException(
                    target.keyRef() + " is not a private key without a passphrase (" + e.getMessage() + ")");
        }
    }
}
