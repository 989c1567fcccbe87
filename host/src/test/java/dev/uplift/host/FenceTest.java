package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FenceTest {
    private static final Host HOST = new LocalHost();
    private static final UUID INSTALLATION = UUID.randomUUID();

    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void canonical() throws Exception {
        directory = temporary.toRealPath();
    }

    @Test
    void lowerEpochIsRefusedAfterAHigherOneWasHere() throws Exception {
        enter(token(7, 3, 1, 1));

        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> enter(token(6, 9, 9, 9)))
                .withMessageContaining("epoch 7");
        assertThat(HOST.fence(directory).last()).contains(token(7, 3, 1, 1));
    }

    @Test
    void pausedRunThatWasTakenOverIsRefused() throws Exception {
        enter(token(7, 3, 1, 1));
        enter(token(7, 3, 1, 2));

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(7, 3, 1, 1)));
    }

    @Test
    void nextStepGoesInAlthoughTheLastOneWasDeliveredTwice() throws Exception {
        enter(token(7, 3, 1, 2));
        enter(token(7, 4, 1, 1));

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(7, 3, 1, 3)));
    }

    @Test
    void sameTokenGoesInAgain() throws Exception {
        enter(token(1, 0, 1, 1));
        enter(token(1, 0, 1, 1));

        assertThat(HOST.fence(directory).last()).contains(token(1, 0, 1, 1));
    }

    @Test
    void anotherInstallationIsRefusedUntilItClaimsTheDirectory() throws Exception {
        enter(token(5, 0, 1, 1));
        UUID other = UUID.randomUUID();

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(new FenceToken(other, 9, 0, 1, 1)));
        HOST.fence(directory).claim(other).close();
        enter(new FenceToken(other, 1, 0, 1, 1));
        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(99, 0, 1, 1)));
    }

    @Test
    void claimingAgainOpensNothing() throws Exception {
        enter(token(5, 0, 1, 1));
        HOST.fence(directory).claim(INSTALLATION).close();

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(4, 0, 1, 1)));
    }

    @Test
    void otherThreadWaitsForABoundedTime() throws Exception {
        try (var _ = HOST.fence(directory).hold(token(1, 0, 1, 1))) {
            assertThatExceptionOfType(FenceBusyException.class)
                    .isThrownBy(() -> HOST.fence(directory)
                            .waiting(Duration.ofMillis(50))
                            .hold(token(2, 0, 1, 1))
                            .close());
        }
        enter(token(2, 0, 1, 1));
    }

    @Test
    void otherProcessIsWaitedForAndItsDeathOpensTheFence() throws Exception {
        enter(token(1, 0, 1, 1));
        Process holder = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import fcntl,sys,time\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('held',flush=True)\ntime.sleep(60)",
                        directory.resolve(".uplift/fence.lock").toString())
                .start();
        try (var out = new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).isEqualTo("held");
            assertThatThrownBy(() -> HOST.fence(directory)
                            .waiting(Duration.ofMillis(100))
                            .hold(token(2, 0, 1, 1))
                            .close())
                    .isInstanceOf(FenceBusyException.class);
        } finally {
            holder.destroyForcibly().waitFor();
        }
        enter(token(2, 0, 1, 1));
    }

    @Test
    void stateDirectoryThatIsALinkIsRefused() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(directory.resolve(".uplift"), elsewhere);

        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(() -> enter(token(1, 0, 1, 1)));
        assertThat(elsewhere).isEmptyDirectory();
    }

    @Test
    void damagedFenceLetsNobodyIn() throws Exception {
        enter(token(3, 0, 1, 1));
        Files.writeString(directory.resolve(".uplift/fence"), "3 0");

        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(() -> enter(token(9, 0, 1, 1)));
    }

    private void enter(FenceToken token) throws Exception {
        HOST.fence(directory).hold(token).close();
    }

    private static FenceToken token(long epoch, int position, int attempt, int delivery) {
        return new FenceToken(INSTALLATION, epoch, position, attempt, delivery);
    }
}
