/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.uplift.host.testing.TestSshd;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.ChannelListener;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real OpenSSH server. */
class SshHostTest {
    private static final UUID INSTALLATION = UUID.randomUUID();
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    static Path keys;

    private static TestSshd sshd;

    @TempDir
    Path temporary;

    private final Hosts hosts = new Hosts();
    private Path directory;
    private Host host;

    @BeforeAll
    static void serve() throws Exception {
        sshd = new TestSshd(keys);
    }

    @AfterAll
    static void stop() {
        sshd.close();
    }

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        host = hosts.ssh(sshd.target());
    }

    @AfterEach
    void disconnect() {
        hosts.close();
    }

    @Test
    void hostIsBelievedByItsFingerprintOfWhateverKindOfKey() throws Exception {
        for (String type : new String[] {"ed25519", "ecdsa"}) {
            assertThat(pinned(sshd.fingerprint(type)).uid()).isEqualTo(host.uid());
            assertThat(pinned("127.0.0.1 " + sshd.publicKey(type)).uid()).isEqualTo(host.uid());
        }
    }

    @Test
    void hostWithAnotherKeyIsRefusedWithBothFingerprints() throws Exception {
        String registered = sshd.fingerprint("ed25519");
        sshd.changeHostKeys();

        for (String pin : new String[] {registered, "SHA256:" + "A".repeat(43)}) {
            assertThatExceptionOfType(HostKeyRefusedException.class)
                    .isThrownBy(() -> pinned(pin).uid())
                    .withMessageContaining(pin)
                    .withMessageContaining(sshd.fingerprint("ed25519"))
                    .withMessageContaining("register");
        }
        assertThatExceptionOfType(java.io.IOException.class)
                .isThrownBy(() -> pinned("anything").uid())
                .withMessageContaining("SHA256");
    }

    @Test
    void keyThatOthersCanReadOrThatIsNoneIsRefused() throws Exception {
        Path key = Files.writeString(directory.resolve("key"), "no key");
        SshTarget target = sshd.target();
        SshTarget with =
                new SshTarget("far", target.address(), target.port(), target.user(), target.hostKey(), "file:" + key);
        assertThatExceptionOfType(SecretUnavailableException.class)
                .isThrownBy(() -> hosts.ssh(with).uid())
                .withMessageContaining("can be read by others");
        Files.setPosixFilePermissions(key, DurableFiles.OWNER_ONLY);
        assertThatExceptionOfType(SecretUnavailableException.class)
                .isThrownBy(() -> hosts.ssh(with).uid())
                .withMessageContaining("not a private key");
    }

    @Test
    void hostThatIsNotThereIsLost() throws Exception {
        assertThatExceptionOfType(HostLostException.class)
                .isThrownBy(() -> hosts.ssh(sshd.target(1)).uid())
                .withMessageEndingWith("is not reached: nobody listens there (Connection refused)");
        SshTarget known = sshd.target();
        SshTarget nowhere = new SshTarget("far", "no-such-host.invalid", 22, "me", known.hostKey(), known.keyRef());
        assertThatExceptionOfType(HostLostException.class)
                .isThrownBy(() -> hosts.ssh(nowhere).uid())
                .withMessageEndingWith("is not reached: its address is not known here");
        SshTarget stranger = new SshTarget(
                "far", known.address(), known.port(), "nobody-of-that-name", known.hostKey(), known.keyRef());
        assertThatExceptionOfType(HostLostException.class)
                .isThrownBy(() -> hosts.ssh(stranger).uid())
                .withMessageEndingWith("is not reached: it does not let this user in with the registered key");
    }

    @Test
    void hostThatDoesNotAnswerIsLost() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket _ = new Socket(silent.getInetAddress(), silent.getLocalPort());
                Socket _ = new Socket(silent.getInetAddress(), silent.getLocalPort())) {
            assertThatExceptionOfType(HostLostException.class)
                    .isThrownBy(
                            () -> hosts.ssh(sshd.target(silent.getLocalPort())).uid())
                    .withMessageEndingWith("is not reached: it does not answer");
        }
    }

    @Test
    void connectionThatWasLostIsMadeAgain() throws Exception {
        host.uid();
        assertThat(host.files().exists(directory)).isTrue();
        sshd.cutSessions();
        await().atMost(SOON).until(() -> !sshd.hasSessions());

        assertThat(host.run(Exec.of(SOON, "echo", "again")).output()).isEqualTo("again\n");
        assertThat(host.files().exists(directory)).isTrue();
    }

    @Test
    void connectionThatIsLostWhileAChannelIsMadeIsMadeAgain() throws Exception {
        try (SshClient client = SshClients.start()) {
            AtomicInteger lost = new AtomicInteger();
            client.addChannelListener(new ChannelListener() {
                @Override
                public void channelInitialized(Channel channel) {
                    if (lost.getAndIncrement() % 2 == 0) {
                        channel.getSession().close(true);
                    }
                }
            });
            SshHost other = new SshHost(client, sshd.target(), new LocalHost());

            assertThat(other.run(Exec.of(SOON, "echo", "again")).output()).isEqualTo("again\n");
            assertThat(other.files().exists(directory)).isTrue();
            assertThat(lost).hasValue(4);
        }
    }

    @Test
    void severalThreadsAskForFilesAtOnce() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "content");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> asked = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                asked.add(threads.submit(() -> {
                    boolean right = true;
                    for (int time = 0; time < 100; time++) {
                        right &= host.files().exists(file) && host.files().read(file, 7).length == 7;
                    }
                    return right;
                }));
            }
            for (Future<Boolean> answer : asked) {
                assertThat(answer.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void effectThatIsCutOffHasAnUnknownOutcomeAndTheFenceIsFreeAfterIt() throws Exception {
        Fence.Held held = host.fence(directory).hold(token(1));
        CompletableFuture<Exec.Result> cut = CompletableFuture.supplyAsync(() -> {
            try {
                return held.run(Exec.of(
                        SOON,
                        "sh",
                        "-c",
                        "touch \"$1\"; sleep 2; touch \"$2\"",
                        "sh",
                        "" + directory.resolve("begun"),
                        "" + directory.resolve("ended")));
            } catch (Exception e) {
                throw new java.util.concurrent.CompletionException(e);
            }
        });
        await().atMost(SOON).until(() -> Files.exists(directory.resolve("begun")));
        sshd.cutSessions();

        assertThat(cut)
                .failsWithin(SOON)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(HostLostException.class);
        try (Fence.Held next = host.fence(directory).hold(token(2))) {
            assertThat(directory.resolve("ended")).exists();
            next.write(directory.resolve("file"), new byte[0], DurableFiles.READABLE);
        }
    }

    @Test
    void effectOfOneWhoWasTakenOverIsRefusedOnTheHost() throws Exception {
        Fence.Held old = host.fence(directory).hold(token(1));
        old.write(directory.resolve("file"), new byte[] {1}, DurableFiles.READABLE);
        host.fence(directory).hold(token(2)).close();

        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> old.write(directory.resolve("file"), new byte[] {2}, DurableFiles.READABLE));
        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> old.run(Exec.of(SOON, "touch", "" + directory.resolve("late"))));
        assertThat(directory.resolve("file")).hasBinaryContent(new byte[] {1});
        assertThat(directory.resolve("late")).doesNotExist();
    }

    @Test
    void commandThatArrivesAfterItsConnectionWasGivenUpDoesNothing() throws Exception {
        try (HoldingProxy proxy = new HoldingProxy(sshd.port());
                Hosts others = new Hosts()) {
            Host far = others.ssh(sshd.target(proxy.port()));
            Fence.Held old = far.fence(directory).hold(token(1));
            old.write(directory.resolve("file"), new byte[] {1}, DurableFiles.READABLE);
            proxy.hold();
            CompletableFuture<Void> late = CompletableFuture.runAsync(() -> {
                try {
                    old.write(directory.resolve("file"), new byte[] {2}, DurableFiles.READABLE);
                } catch (Exception e) {
                    throw new java.util.concurrent.CompletionException(e);
                }
            });
            await().atMost(SOON).until(() -> proxy.heldBytes() > 0);
            host.fence(directory).hold(token(2)).close();
            proxy.release();

            assertThat(late)
                    .failsWithin(Duration.ofSeconds(60))
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(FencedException.class);
            assertThat(directory.resolve("file")).hasBinaryContent(new byte[] {1});
        }
    }

    @Test
    void lockIsKeptUntilItIsClosedOrTheConnectionIsGone() throws Exception {
        Fence fence = host.fence(directory);
        Fence.Held held = fence.hold(token(1));
        try (Fence.Locked _ = held.lock()) {
            assertThatExceptionOfType(FenceBusyException.class)
                    .isThrownBy(() -> fence.waiting(Duration.ofMillis(50)).hold(token(2)));
        }
        try (Fence.Locked _ = held.lock()) {
            sshd.cutSessions();
            await().atMost(SOON).until(() -> !sshd.hasSessions());
            fence.hold(token(2)).close();
        }
        assertThatExceptionOfType(FencedException.class).isThrownBy(held::lock);
    }

    @Test
    void moreAtATimeThanTheServerAllowsTakeTurns() throws Exception {
        assertThat(host.files().exists(directory)).isTrue();
        List<CompletableFuture<Exec.Result>> many = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            many.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return host.run(Exec.of(SOON, "sleep", "0.5"));
                        } catch (Exception e) {
                            throw new java.util.concurrent.CompletionException(e);
                        }
                    },
                    task -> Thread.ofVirtual().start(task)));
        }
        assertThat(many).allSatisfy(one -> assertThat(one).succeedsWithin(SOON).matches(Exec.Result::succeeded));
    }

    @Test
    void scriptThatIsCutOffOnItsWayRunsNothing() throws Exception {
        byte[] script = ShellScript.of("touch \"$1\"\ntouch \"$1.b\"\n", "" + directory.resolve("a"))
                .bytes();
        for (int length = 0; length < script.length - 12; length += 3) {
            Process shell = new ProcessBuilder("/bin/sh", "-s")
                    .redirectErrorStream(true)
                    .start();
            try (var in = shell.getOutputStream()) {
                in.write(script, 0, length);
            }
            shell.getInputStream().readAllBytes();
            shell.waitFor();
        }
        assertThat(directory.resolve("a")).doesNotExist();
        Process shell = new ProcessBuilder("/bin/sh", "-s").start();
        try (var in = shell.getOutputStream()) {
            in.write(script);
        }
        shell.waitFor();
        assertThat(directory.resolve("a.b")).exists();
    }

    @Test
    void answerThatIsTooLongToBeCarriedIsNoAnswer() throws Exception {
        assertThatExceptionOfType(java.io.IOException.class)
                .isThrownBy(() -> host.run(Exec.of(SOON, "head", "-c", "17000000", "/dev/zero")))
                .withMessageContaining("more than");
    }

    private static FenceToken token(long epoch) {
        return new FenceToken(INSTALLATION, epoch, 0, 1, 1);
    }

    private Host pinned(String hostKey) throws Exception {
        SshTarget target = sshd.target();
        return hosts.ssh(
                new SshTarget("far", target.address(), target.port(), target.user(), hostKey, target.keyRef()));
    }
}
