/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.host.Fence;
import dev.uplift.host.FenceBusyException;
import dev.uplift.host.FenceToken;
import dev.uplift.host.FencedException;
import dev.uplift.host.LocalHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectsTest {
    private static final EffectName WRITE = command -> command.step().commandType(command.direction()) + ".write";

    @TempDir
    Path directory;

    private final TestStep step = new TestStep();
    private final Effects effects = new Effects(TestStep.COMMAND, step);
    private Fence fence;
    private Path file;

    @BeforeEach
    void makeFence() {
        fence = new LocalHost().fence(directory).waiting(Duration.ofMillis(50));
        file = directory.resolve("file");
    }

    @Test
    void anEffectIsTakenBetweenItsCrashPointsAndGivesItsValue() throws IOException {
        Path written = effects.call(WRITE, () -> Files.writeString(file, "there"));

        assertThat(written).hasContent("there");
        assertThat(step.reached).containsExactly("swap.switch.write:BEFORE", "swap.switch.write:AFTER");
    }

    @Test
    void anEffectThatFailsHasNoPointAfterIt() {
        assertThatThrownBy(() -> effects.run(WRITE, () -> {
                    throw new IOException("cut off");
                }))
                .hasMessage("cut off");
        assertThat(step.reached).containsExactly("swap.switch.write:BEFORE");
    }

    @Test
    void behindTheFenceOfANewerCommandNothingIsDone() throws Exception {
        FenceToken mine = FenceToken.of(TestStep.COMMAND, 1);
        fence.hold(new FenceToken(
                        mine.installationId(), mine.epoch() + 1, mine.position(), mine.attempt(), mine.delivery()))
                .close();

        assertThatThrownBy(() -> effects.runFenced(fence, WRITE, held -> {
                    throw new AssertionError("it is fenced");
                }))
                .isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> effects.callLocked(fence, WRITE, () -> {
                    throw new AssertionError("it is fenced");
                }))
                .isInstanceOf(FencedException.class);
        assertThat(step.reached).isEmpty();
    }

    @Test
    void aLockedEffectKeepsEverybodyElseOut() throws Exception {
        String done = effects.callLocked(fence, WRITE, () -> {
            assertThatThrownBy(() -> effects.hold(fence).lock()).isInstanceOf(FenceBusyException.class);
            return "done";
        });
        effects.runFenced(fence, WRITE, held -> held.delete(file));

        assertThat(done).isEqualTo("done");
        assertThat(step.reached).hasSize(4);
    }
}
