/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
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
    void whatIsWaitedForIsSaidUntilItIsBack() {
        fail(new SQLTransientConnectionException("the database is away"), 2);
        assertThat(liveness().detail()).contains("it waits since 1970-01-01T00:00:30Z", "the database is away");

        pulse.worked();
        assertThat(liveness().detail()).doesNotContain("away");
    }

    @Test
    void whoFailsByHimselfWaitsForNothing() {
        fail(new SQLTransientConnectionException("the database is away"), 2);
        fail(new IllegalStateException("a defect"), 2);

        assertThat(liveness().detail()).contains("a defect").doesNotContain("away");
    }

    @Test
    void whatKafkaHidesInItsOwnExceptionsIsAFault() {
        for (Throwable hidden : List.of(
                new NoClassDefFoundError("a/missing/Codec"),
                new SerializationException("no key"),
                new InvalidRecordException("no record"),
                new CorruptRecordException("no checksum"))) {
            assertThat(Faults.isPassing(unfetched(hidden))).isFalse();
        }
        assertThat(Faults.isPassing(unfetched(new TimeoutException("the broker is away"))))
                .isTrue();

        fail(unfetched(new NoClassDefFoundError("a/missing/Codec")), 6);
        assertThat(liveness().up()).isFalse();
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
        assertThat(pulse.liveness("part", false).up()).isFalse();
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

    /** As Kafka's consumer gives it. */
    private static KafkaException unfetched(Throwable cause) {
        return new KafkaException(
                "Received exception when fetching the next record from t-0. If needed, please seek past the record to"
                        + " continue consumption.",
                new KafkaException("Error unpacking a record", cause));
    }

    private Liveness liveness() {
        return pulse.liveness("part", true);
    }
}
