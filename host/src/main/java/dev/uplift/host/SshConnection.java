/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.forward.ExplicitPortForwardingTracker;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.sftp.client.SftpClient;
import org.jspecify.annotations.Nullable;

/**
 * The one connection to a host, made when it is needed and again when it was lost. A call whose connection
 * is found dead before anything of it was sent is made on a new one; a connection that is lost later
 * leaves the outcome unknown.
 */
final class SshConnection implements AutoCloseable {
    private static final Duration CHANNEL_MAX = Duration.ofSeconds(20);
    private static final Duration FULL_MAX = Duration.ofMinutes(1);
    private static final Duration FULL_POLL = Duration.ofMillis(50);
    private static final Duration READY_POLL = Duration.ofMillis(20);
    private static final int OUTPUT_BYTES_MAX = 16 << 20;

    static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** Nothing of the login's environment reaches a script, and the login shell is asked for nothing but this. */
    private static final String SHELL = "exec env -i PATH=" + PATH + " LC_ALL=C /bin/sh -s";

    private final SshTarget target;
    private final SshLogin login;
    private final Map<InetSocketAddress, ExplicitPortForwardingTracker> forwards = new HashMap<>();
    private @Nullable ClientSession session;
    private @Nullable SftpClient sftp;

    SshConnection(SshClient client, SshTarget target, Host here) {
        this.target = target;
        this.login = new SshLogin(client, target, here);
    }

    /** How a script ended, with all that it wrote. */
    record Ended(int exitCode, String text, String errors) {}

    /**
     * Runs a script to its end.
     *
     * @throws IOException also if it wrote more than 16 MiB: half an answer is none
     * @throws HostLostException if the connection was lost, or it took longer: its outcome is unknown
     */
    Ended run(ShellScript script, Duration timeout) throws IOException {
        BoundedOutput output = new BoundedOutput(OUTPUT_BYTES_MAX);
        BoundedOutput errors = new BoundedOutput(OUTPUT_BYTES_MAX);
        byte[] input = script.bytes();
        try (ChannelExec channel = open(SHELL, made -> {
            made.setOut(output);
            made.setErr(errors);
            made.setIn(new ByteArrayInputStream(input));
        })) {
            Set<ClientChannelEvent> events =
                    channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), timeout.plus(CHANNEL_MAX));
            Integer exit = channel.getExitStatus();
            if (events.contains(ClientChannelEvent.TIMEOUT) || exit == null) {
                drop();
                throw new HostLostException("the connection to " + target + " was lost, or it does not answer;"
                        + " what it was doing is not known");
            }
            if (output.overflowed() || errors.overflowed()) {
                throw new IOException(target + " answers with more than " + OUTPUT_BYTES_MAX + " bytes");
            }
            return new Ended(exit, output.text(), errors.text());
        }
    }

    /** A script that has come to its end and stays until this is closed, unless it has ended by itself with this code. */
    record Standing(ChannelExec channel, OptionalInt exitCode) implements AutoCloseable {
        @Override
        public void close() {
            end(channel);
        }
    }

    /**
     * Runs a script that stays when it has come to its end.
     *
     * @throws HostLostException if the connection was lost, or it took longer: it ends by itself then
     */
    Standing stand(ShellScript script, Duration timeout) throws IOException {
        BoundedOutput output = new BoundedOutput(OUTPUT_BYTES_MAX);
        ChannelExec channel = open(SHELL, made -> {
            made.setOut(output);
            made.setErr(new BoundedOutput(OUTPUT_BYTES_MAX));
        });
        boolean stands = false;
        try {
            channel.getInvertedIn().write(script.bytesToStay());
            channel.getInvertedIn().flush();
            long begun = System.nanoTime();
            while (!output.text().endsWith(ShellScript.READY + "\n")) {
                boolean ended = channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), READY_POLL)
                        .contains(ClientChannelEvent.CLOSED);
                Integer exit = channel.getExitStatus();
                if (ended && exit != null) {
                    return new Standing(channel, OptionalInt.of(exit));
                }
                if (ended || System.nanoTime() - begun > timeout.toNanos()) {
                    throw new IOException("no answer");
                }
            }
            stands = true;
            return new Standing(channel, OptionalInt.empty());
        } catch (IOException e) {
            throw new HostLostException("the connection to " + target + " was lost, or it does not answer", e);
        } finally {
            if (!stands) {
                end(channel);
            }
        }
    }

    /** Starts a command to talk with it, in a channel of its own. */
    Conversation converse(String command) throws IOException {
        return new ChannelConversation(open(command, _ -> {}));
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
            end(channel);
        }
    }

    /** Tells the host that no more comes, so that what runs there ends too: a channel that is closed at once tells it nothing. */
    private static void end(ChannelExec channel) {
        channel.close(false);
    }

    /** The file transfer of this connection. */
    synchronized SftpClient sftp() throws IOException {
        SftpClient open = sftp;
        if (open == null || !open.isOpen()) {
            open = lost(this::openSftp);
            sftp = open;
        }
        return open;
    }

    private SftpClient openSftp() throws IOException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return SharedSftpClient.open(session());
            } catch (IOException e) {
                if (!isRefused(e) || System.nanoTime() - begun > FULL_MAX.toNanos()) {
                    throw e;
                }
                awaitOthers();
            }
        }
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

    /**
     * Opens a channel. A shell begins to read only when its channel is open: one that could not be opened has read
     * nothing, and is tried once more on a new connection. A server has only so many channels open at a time for one
     * connection (MaxSessions, 10 if nobody says otherwise): the next one waits until one of them is closed.
     */
    private ChannelExec open(String command, Consumer<ChannelExec> prepare) throws IOException {
        long begun = System.nanoTime();
        boolean last = false;
        while (true) {
            ChannelExec channel = lost(() -> session().createExecChannel(command));
            prepare.accept(channel);
            OpenFuture opening = channel.open();
            try {
                opening.verify(CHANNEL_MAX);
                return channel;
            } catch (IOException e) {
                if (isRefused(e) && System.nanoTime() - begun < FULL_MAX.toNanos()) {
                    awaitOthers();
                } else {
                    drop();
                    if (last || opening.isOpened() || !opening.isDone()) {
                        throw new HostLostException(
                                "the connection to " + target + " was lost: " + SshFailure.reason(e), e);
                    }
                    last = true;
                }
            }
        }
    }

    private static boolean isRefused(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SshChannelOpenException) {
                return true;
            }
        }
        return false;
    }

    private static void awaitOthers() throws InterruptedIOException {
        try {
            // The server does not tell when there is room again, and counts a channel until it has seen its end itself.
            Thread.sleep(FULL_POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for room on a connection");
        }
    }

    private synchronized ClientSession session() throws IOException {
        ClientSession open = session;
        if (open == null || !open.isOpen()) {
            drop();
            open = login.connect();
            session = open;
        }
        return open;
    }

    @FunctionalInterface
    private interface Call<T> {
        T call() throws IOException;
    }

    /** A call before anything is asked for: if it fails, it is made once more on a new connection. */
    private synchronized <T> T lost(Call<T> call) throws IOException {
        try {
            return onOpenSession(call);
        } catch (HostKeyRefusedException | SecretUnavailableException | HostLostException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            drop();
            try {
                return onOpenSession(call);
            } catch (HostKeyRefusedException
                    | SecretUnavailableException
                    | HostLostException
                    | InterruptedIOException again) {
                throw again;
            } catch (IOException again) {
                again.addSuppressed(e);
                throw new HostLostException(target + " is not reached: " + SshFailure.reason(again), again);
            }
        }
    }

    /** A session that is found lost while a channel of it is made says so without an {@link IOException}. */
    private static <T> T onOpenSession(Call<T> call) throws IOException {
        try {
            return call.call();
        } catch (IllegalStateException e) {
            throw new IOException("the connection was lost", e);
        }
    }
}
