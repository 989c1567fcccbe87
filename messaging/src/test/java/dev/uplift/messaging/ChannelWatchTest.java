/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChannelWatchTest {
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final int LOOKS = 20;

    private long nanos = Long.MAX_VALUE;
    private long taken;
    private double bytes;
    private double heartbeatSeconds = 1;
    private boolean behind;
    private boolean hangs;
    private boolean cannotTell;
    private final ChannelWatch watch = new ChannelWatch(new Answers(), "results", () -> nanos);

    private final class Answers implements Channels {
        @Override
        public Producer<String, byte[]> producer(String channel) {
            throw new AssertionError("nothing is sent");
        }

        @Override
        public void ask(String channel, Consumer<@Nullable Reading> answer) {
            if (!hangs) {
                answer.accept(cannotTell ? null : new Reading(bytes, heartbeatSeconds, behind));
            }
        }
    }

    @Test
    void whoReadsAllThereIsIsUp() {
        assertThat(afterLooks(true)).isEmpty();
    }

    @Test
    void recordsThatNobodyTakesAreAProblemUntilTheyAreTaken() {
        behind = true;
        assertThat(afterLooks(true)).contains("there are records, and none is read");

        taken++;
        assertThat(look(true)).isEmpty();
    }

    @Test
    void aBrokerThatIsAwayIsNone() {
        behind = true;
        look(true);
        heartbeatSeconds = 600;
        assertThat(afterLooks(false)).isEmpty();
        assertThat(watch.silence()).contains("nothing is heard of Kafka");

        // It is there again, and the group takes a moment.
        assertThat(look(true)).isEmpty();
        assertThat(watch.silence()).isEmpty();
        heartbeatSeconds = 1;
        assertThat(look(true)).isEmpty();
    }

    @Test
    void whoIsNoMemberOfTheGroupAnyMoreIsTold() {
        heartbeatSeconds = 600;
        assertThat(afterLooks(true)).get().asString().contains("no member of its group", "uplift.instance");
    }

    @Test
    void aThreadThatDoesNotAnswerIsAProblem() {
        hangs = true;
        assertThat(afterLooks(true)).contains("the thread that reads does not answer");
    }

    @Test
    void aQuestionThatFailedIsAskedAgain() {
        cannotTell = true;
        assertThat(afterLooks(true)).isEmpty();
    }

    private Optional<String> afterLooks(boolean brokerAnswers) {
        Optional<String> problem = Optional.empty();
        for (int i = 0; i < LOOKS; i++) {
            problem = look(brokerAnswers);
        }
        return problem;
    }

    private Optional<String> look(boolean brokerAnswers) {
        nanos += LOOK.toNanos();
        if (brokerAnswers) {
            bytes += 100;
        }
        return watch.problem(taken, false);
    }
}
