package dev.uplift.host;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.forward.ExplicitPortForwardingTracker;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.client.SftpClientFactory;
import org.jspecify.annotations.Nullable;

/**
 * The one connection to a host, made when it is needed and again when it was lost. A call whose connection
 * is found dead before anything of it was sent is made on a new one; a connection that is lost later
 * leaves the outcome unknown.
 */
final class SshConnection implements AutoCloseable {
    static final AttributeRepository.AttributeKey<Attempt> ATTEMPT = new AttributeRepository.AttributeKey<>();

    private static final Duration CONNECT_MAX = Duration.ofSeconds(15);
    private static final Duration CHANNEL_MAX = Duration.ofSeconds(20);
    private static final int OUTPUT_BYTES_MAX = 16 << 20;

    /** Nothing of the login's environment reaches a script, and the login shell is asked for nothing but this. */
    private static final String SHELL =
            "exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C /bin/sh -s";

    private final SshClient client;
    private final SshTarget target;
    private final Host here;
    private final Map<InetSocketAddress, ExplicitPortForwardingTracker> forwards = new HashMap<>();
    private @Nullable ClientSession session;
    private @Nullable SftpClient sftp;

    SshConnection(SshClient client, SshTarget target, Host here) {
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

    /** How a script ended, with the beginning of what it wrote. */
    record Ended(int exitCode, String text, String errors) {}

    /**
     * Runs a script to its end.
     *
     * @throws HostLostException if the connection was lost, or it took longer: its outcome is unknown
     */
    Ended run(ShellScript script, Duration timeout) throws IOException {
        BoundedOutput output = new BoundedOutput(OUTPUT_BYTES_MAX);
        BoundedOutput errors = new BoundedOutput(OUTPUT_BYTES_MAX);
        try (ChannelExec channel = open(script.bytes(), output, errors)) {
            Set<ClientChannelEvent> events =
                    channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), timeout.plus(CHANNEL_MAX));
            Integer exit = channel.getExitStatus();
            if (events.contains(ClientChannelEvent.TIMEOUT) || exit == null) {
                drop();
                throw new HostLostException("the connection to " + target + " was lost, or it does not answer;"
                        + " what it was doing is not known");
            }
            return new Ended(exit, output.text(), errors.text());
        }
    }

    /** Starts a command to talk with it, in a channel of its own. */
    Conversation converse(String command) throws IOException {
        ChannelExec channel = lost(() -> {
            ChannelExec made = session().createExecChannel(command);
            made.open().verify(CHANNEL_MAX);
            return made;
        });
        return new ChannelConversation(channel);
    }

    private record ChannelConversation(ChannelExec channel) implements Conversation {
        @Override
        public InputStream answers() {
            return channel.getInvertedOut();
        }

        @Override
        public OutputStream questions() {
            return channel.getInvertedIn();
        }

        @Override
        public void close() {
            channel.close(true);
        }
    }

    /** The file transfer of this connection. */
    synchronized SftpClient sftp() throws IOException {
        SftpClient open = sftp;
        if (open == null || !open.isOpen()) {
            open = lost(() -> SftpClientFactory.instance().createSftpClient(session()));
            sftp = open;
        }
        return open;
    }

    /** The loopback port of this machine behind which {@code host:port}, as seen from the host, is. */
    synchronized InetSocketAddress forward(String host, int port) throws IOException {
        ClientSession through = session();
        InetSocketAddress key = InetSocketAddress.createUnresolved(host, port);
        ExplicitPortForwardingTracker open = forwards.get(key);
        if (open == null || !open.isOpen()) {
            open = lost(() -> through.createLocalPortForwardingTracker(
                    new SshdSocketAddress(SshdSocketAddress.LOCALHOST_IPV4, 0), new SshdSocketAddress(host, port)));
            forwards.put(key, open);
        }
        return InetSocketAddress.createUnresolved(
                SshdSocketAddress.LOCALHOST_IPV4, open.getBoundAddress().getPort());
    }

    /** Gives this connection up; the next call makes another. */
    synchronized void drop() {
        forwards.clear();
        sftp = null;
        ClientSession dropped = session;
        session = null;
        if (dropped != null) {
            dropped.close(true);
        }
    }

    @Override
    public void close() {
        drop();
    }

    /** The shell begins to read only when its channel is open: one that could not be opened has read nothing. */
    private ChannelExec open(byte[] input, OutputStream output, OutputStream errors) throws IOException {
        boolean last = false;
        while (true) {
            ChannelExec channel = lost(() -> session().createExecChannel(SHELL));
            channel.setOut(output);
            channel.setErr(errors);
            channel.setIn(new ByteArrayInputStream(input));
            OpenFuture opening = channel.open();
            try {
                opening.verify(CHANNEL_MAX);
                return channel;
            } catch (IOException e) {
                drop();
                if (last || opening.isOpened() || !opening.isDone()) {
                    throw new HostLostException("the connection to " + target + " was lost: " + e.getMessage(), e);
                }
                last = true;
            }
        }
    }

    private synchronized ClientSession session() throws IOException {
        ClientSession open = session;
        if (open == null || !open.isOpen()) {
            drop();
            open = connect();
            session = open;
        }
        return open;
    }

    private ClientSession connect() throws IOException {
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
                    throw new HostLostException(target + " is not reached: " + e.getMessage(), e);
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

    @FunctionalInterface
    private interface Call<T> {
        T call() throws IOException;
    }

    /** A call before anything is asked for: if it fails, it is made once more on a new connection. */
    private synchronized <T> T lost(Call<T> call) throws IOException {
        try {
            return call.call();
        } catch (HostKeyRefusedException | SecretUnavailableException | HostLostException e) {
            throw e;
        } catch (IOException e) {
            drop();
            try {
                return call.call();
            } catch (HostKeyRefusedException | SecretUnavailableException | HostLostException again) {
                throw again;
            } catch (IOException again) {
                again.addSuppressed(e);
                throw new HostLostException(target + " is not reached: " + again.getMessage(), again);
            }
        }
    }
}
