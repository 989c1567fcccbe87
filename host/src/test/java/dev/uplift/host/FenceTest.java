/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The fence of every kind of host. */
class FenceTest extends OnEveryHost {
    @Test
    void lowerEpochIsRefusedAfterAHigherOneWasHere() throws Exception {
        enter(token(7, 3, 1, 1));

        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> enter(token(6, 9, 9, 9)))
                .withMessageContaining("epoch 7");
        assertThat(host.fence(directory).last()).contains(token(7, 3, 1, 1));
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

        assertThat(host.fence(directory).last()).contains(token(1, 0, 1, 1));
    }

    @Test
    void anotherInstallationIsRefusedUntilItMayTakeTheDirectoryFromItsOwner() throws Exception {
        enter(token(5, 0, 1, 1));
        UUID other = UUID.randomUUID();

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(new FenceToken(other, 9, 0, 1, 1)));
        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> host.fence(directory).claim(other, null))
                .withMessageContaining("belongs to installation " + INSTALLATION);
        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> host.fence(directory).claim(other, UUID.randomUUID()));
        enter(token(5, 0, 1, 1));
        host.fence(directory).claim(other, INSTALLATION).close();
        enter(new FenceToken(other, 1, 0, 1, 1));
        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(99, 0, 1, 1)));
    }

    @Test
    void claimingAgainOpensNothing() throws Exception {
        enter(token(5, 0, 1, 1));
        host.fence(directory).claim(INSTALLATION, null).close();

        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> enter(token(4, 0, 1, 1)));
    }

    @Test
    void whoeverIsBehindTheFenceIsWaitedForAndHisDeathOpensIt() throws Exception {
        enter(token(1));
        Process holder = new ProcessBuilder(
                        "flock",
                        "--no-fork",
                        directory.resolve(".uplift/fence.lock").toString(),
                        "sh",
                        "-c",
                        "echo held; exec sleep 60")
                .start();
        try (var out = new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).isEqualTo("held");
            assertThatExceptionOfType(FenceBusyException.class)
                    .isThrownBy(() -> host.fence(directory)
                            .waiting(Duration.ofMillis(100))
                            .hold(token(2))
                            .close());
        } finally {
            holder.destroyForcibly().waitFor();
        }
        enter(token(2));
    }

    @Test
    void damagedFenceLetsNobodyIn() throws Exception {
        enter(token(3));
        for (String damage : new String[] {"", "3 0", token(3).line().replace(" 3 ", " 03 ")}) {
            Files.writeString(directory.resolve(".uplift/fence"), damage);

            assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(() -> enter(token(9)));
        }
    }

    @Test
    void stateThatIsNotOursIsNotBelieved() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(directory.resolve(".uplift"), elsewhere);
        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(this::held);
        assertThat(elsewhere).isEmptyDirectory();

        Path moved = Files.move(elsewhere, directory.resolve("moved"));
        Files.createSymbolicLink(elsewhere, moved);
        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> host.fence(elsewhere).hold(token(1)));
        assertThat(moved).isEmptyDirectory();
    }

    private void enter(FenceToken token) throws Exception {
        host.fence(directory).hold(token).close();
    }

    private static FenceToken token(long epoch, int position, int attempt, int delivery) {
        return new FenceToken(INSTALLATION, epoch, position, attempt, delivery);
    }
}
