/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.StepCommand;
import dev.uplift.messaging.Lease;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A worker ends in the middle of a step, or seems to: who goes on with it. */
class TakeOverTest {
    private static final Lease SHORT = new Lease(Duration.ofMillis(250), 4, Duration.ofMillis(50));

    @AutoClose
    private final TestSite site = new TestSite();

    private final TestCommands saga = site.saga();
    private final Queue<StepCommand> taken = new ConcurrentLinkedQueue<>();
    private final StepHandler taking = (command, run) -> {
        taken.add(command);
        return StepOutcome.done();
    };

    @Test
    void aLostWorkersCommandIsTakenOverAndItsLateAnswerIsDropped() {
        Plug plug = new Plug(site.database());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        StepHandler paused = (command, run) -> {
            if (command.attempt() > 1) {
                return StepOutcome.done();
            }
            begun.countDown();
            assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
            ended.countDown();
            return StepOutcome.refused(ErrorCode.INTERNAL, "late");
        };
        Queue<Integer> deliveries = new ConcurrentLinkedQueue<>();
        StepHandler second = (command, run) -> {
            deliveries.add(run.delivery());
            return StepOutcome.done();
        };
        try (StepWorker first = site.start(
                site.builder(site.runtime("swap-1", plug.dataSource()), paused).lease(SHORT))) {
            site.send(saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            plug.pull();
            site.leave(first);
            try (StepWorker _ = site.start(site.builder(site.runtime("swap-2", site.database()), second)
                    .lease(SHORT))) {
                assertThat(site.answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
                assertThat(deliveries).containsExactly(2);
                plug.putBack();
                goOn.countDown();
                await().until(() -> ended.getCount() == 0);
                site.send(saga.stop(2, 1));
                assertThat(site.answers(2)).extracting(Message::type).containsOnly(MessageType.STEP_SUCCEEDED);
            }
        }
    }

    /** With the lease of production, which ends only after 8 s: the answer comes long before. */
    @Test
    void aDeadWorkersCommandIsBegunAgainAsSoonAsItsInstanceIsStartedAgain() {
        Plug plug = new Plug(site.database());
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        StepHandler paused = (command, run) -> {
            begun.countDown();
            assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            return StepOutcome.refused(ErrorCode.INTERNAL, "late");
        };
        try (StepWorker _ = site.start(site.builder(site.runtime("swap-1", plug.dataSource()), paused))) {
            site.send(saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            plug.pull();
            endSessionsThatHoldLocks();
            try (StepWorker _ = site.start(site.builder(site.runtime("swap-1", site.database()), taking))) {
                await().atMost(Duration.ofSeconds(4)).until(() -> taken.size() == 1);
                assertThat(site.answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
            }
            ended.countDown();
        }
    }

    @Test
    void aLivingWorkersCommandIsNotTakenByAnotherOfTheSameName() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        StepHandler slow = (command, run) -> {
            begun.countDown();
            assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(site.runtime("swap-1", site.database()), slow))) {
            site.send(saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            try (StepWorker _ = site.start(site.builder(site.runtime("swap-1", site.database()), taking))) {
                await().during(Duration.ofSeconds(1))
                        .atMost(Duration.ofSeconds(3))
                        .until(taken::isEmpty);
                goOn.countDown();
                assertThat(site.answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
                assertThat(taken).isEmpty();
            }
        }
    }

    @Test
    void aStepThatIsInterruptedByTheEndOfTheProcessRunsAgainAfterTheStart() {
        CountDownLatch begun = new CountDownLatch(1);
        StepHandler endless = (command, run) -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return StepOutcome.done();
        };
        StepWorker first = site.start(site.builder(endless));
        site.send(saga.stop(1, 1));
        await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
        first.close();
        try (StepWorker _ = site.start(site.builder(taking))) {
            assertThat(site.answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
        }
    }

    /** As the server does when a process dies; those in a transaction are the relay's, whose connection the pool keeps. */
    private void endSessionsThatHoldLocks() {
        try (Connection connection = site.database().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE locktype = 'advisory' AND granted AND state = 'idle'
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
