package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PulseTest {
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private Instant now = Instant.EPOCH;
    private long nanos = Long.MAX_VALUE;
    private final Pulse pulse = new Pulse(() -> nanos, () -> now);

    @Test
    void whatFailsAgainAndAgainIsDownWhateverSucceedsInBetween() {
        fail(new IllegalStateException("no such codec"), 4);
        assertThat(liveness().up()).isTrue();

        fail(new IllegalStateException("no such codec"), 2);
        assertThat(liveness().up()).isFalse();
        assertThat(liveness().detail()).contains("it fails since 1970-01-01T00:00:30Z", "no such codec");
    }

    @Test
    void whatIsMendedIsForgotten() {
        fail(new IllegalStateException("no such codec"), 10);
        turn(Duration.ofSeconds(61));
        assertThat(liveness().up()).isTrue();
        assertThat(liveness().detail()).doesNotContain("codec");

        fail(new IllegalStateException("no such codec"), 2);
        assertThat(liveness().up()).isTrue();
    }

    @Test
    void whatIsAwayIsNoFault() {
        fail(new SQLTransientConnectionException("the database is away"), 10);
        assertThat(liveness().up()).isTrue();
    }

    @Test
    void aThreadThatHangsIsDown() {
        turn(Duration.ZERO);
        pass(Duration.ofMinutes(3));
        assertThat(liveness().up()).isFalse();
    }

    @Test
    void aClockThatIsSetBackHidesNothing() {
        turn(Duration.ZERO);
        now = now.minus(Duration.ofHours(1));
        pass(Duration.ofMinutes(3));
        assertThat(liveness().up()).isFalse();
        turn(Duration.ZERO);

        fail(new IllegalStateException("no such codec"), 3);
        now = now.minus(Duration.ofHours(1));
        fail(new IllegalStateException("no such codec"), 3);
        assertThat(liveness().up()).isFalse();
        turn(Duration.ofSeconds(61));
        assertThat(liveness().up()).isTrue();
    }

    @Test
    void aClockThatIsSetForwardEndsNothing() {
        turn(Duration.ZERO);
        now = now.plus(Duration.ofHours(1));
        assertThat(liveness().up()).isTrue();

        fail(new IllegalStateException("no such codec"), 6);
        now = now.plus(Duration.ofHours(1));
        assertThat(liveness().up()).isFalse();
    }

    @Test
    void aThreadThatEndedIsDown() {
        turn(Duration.ZERO);
        assertThat(pulse.liveness("part", new Thread(() -> {})).up()).isFalse();
    }

    private void fail(Exception problem, int times) {
        for (int i = 0; i < times; i++) {
            turn(PAUSE);
            pulse.failed(problem);
            pulse.turn();
        }
    }

    private void turn(Duration after) {
        pass(after);
        pulse.turn();
    }

    private void pass(Duration time) {
        now = now.plus(time);
        nanos += time.toNanos();
    }

    private Liveness liveness() {
        return pulse.liveness("part", Thread.currentThread());
    }
}
