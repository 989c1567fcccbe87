package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real OpenSSH server. */
class SshHostTest extends HostContractTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    static Path keys;

    private static TestSshd sshd;

    private final Hosts hosts = new Hosts();

    @BeforeAll
    static void serve() throws Exception {
        sshd = new TestSshd(keys);
    }

    @AfterAll
    static void stop() {
        sshd.close();
    }

    @AfterEach
    void disconnect() {
        hosts.close();
    }

    @Override
    Host host() throws Exception {
        return hosts.ssh(sshd.target(sshd.port()));
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
        SshTarget target = sshd.target(sshd.port());
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
                .isThrownBy(() -> hosts.ssh(sshd.target(1)).uid());
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
    void effectThatIsCutOffHasAnUnknownOutcomeAndTheFenceIsFreeAfterIt() throws Exception {
        Fence.Held held = held();
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
        Fence.Held old = held();
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
    }

    private Host pinned(String hostKey) throws Exception {
        SshTarget target = sshd.target(sshd.port());
        return hosts.ssh(
                new SshTarget("far", target.address(), target.port(), target.user(), hostKey, target.keyRef()));
    }
}
