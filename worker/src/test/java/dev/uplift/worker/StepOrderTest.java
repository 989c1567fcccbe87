/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What runs when, and what is told about it meanwhile. */
class StepOrderTest {
    @AutoClose
    private final TestSite site = new TestSite();

    private final TestCommands saga = site.saga();
    private final Queue<StepCommand> taken = new ConcurrentLinkedQueue<>();

    @Test
    void commandsOfOneInstallationRunOneAtATimeAndInOrderWhileOthersRun() {
        List<TestCommands> sagas = List.of(TestCommands.newSaga(), TestCommands.newSaga(), TestCommands.newSaga());
        Map<UUID, AtomicInteger> running = new ConcurrentHashMap<>();
        AtomicInteger overlaps = new AtomicInteger();
        AtomicInteger sagasAtATime = new AtomicInteger();
        CountDownLatch allAtOnce = new CountDownLatch(3);
        StepHandler handler = (command, run) -> {
            AtomicInteger mine = running.computeIfAbsent(command.sagaId(), id -> new AtomicInteger());
            if (mine.incrementAndGet() > 1) {
                overlaps.incrementAndGet();
            }
            allAtOnce.countDown();
            if (allAtOnce.await(10, TimeUnit.SECONDS)) {
                sagasAtATime.set(3);
            }
            taken.add(command);
            mine.decrementAndGet();
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(handler));
                StepWorker _ = site.start(site.builder(site.runtime("swap-2", site.database()), handler))) {
            for (int round = 1; round <= 20; round++) {
                int attempt = round;
                site.sendAll(sagas.stream().map(each -> each.stop(attempt, 1)).toList());
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> taken.size() == 60);
            assertThat(overlaps).hasValue(0);
            assertThat(sagasAtATime).hasValue(3);
            for (TestCommands each : sagas) {
                assertThat(taken.stream().filter(command -> command.sagaId().equals(each.saga())))
                        .extracting(StepCommand::attempt)
                        .isSorted()
                        .doesNotHaveDuplicates();
            }
        }
    }

    @Test
    void stepsThatAnApplicationIsDownForStandBeforeThoseOfOthers() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        StepHandler handler = (command, run) -> {
            taken.add(command);
            if (taken.size() == 1) {
                assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
            }
            return StepOutcome.done();
        };
        List<TestCommands> waiting =
                Stream.generate(TestCommands::newSaga).limit(5).toList();
        TestCommands down = waiting.getLast();
        TestCommands back = TestCommands.newSaga();
        try (StepWorker _ = site.start(site.builder(handler)
                .urgent(StepName.STOP, Direction.DO, handler)
                .threads(1))) {
            site.send(saga.message(StepName.PREFLIGHT, Direction.DO, 1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> taken.size() == 1);
            site.sendAll(waiting.stream()
                    .map(each -> each.message(StepName.PREFLIGHT, Direction.DO, 1, 1))
                    .toList());
            site.sendAll(List.of(down.stop(1, 1), back.resume(1, 1)));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> scheduled("priority > 50") == 2 && scheduled("NOT picked") == 6);
            busy.countDown();
            await().atMost(Duration.ofSeconds(20)).until(() -> taken.size() == 8);
        }
        assertThat(taken.stream().map(StepCommand::sagaId).skip(1).limit(3))
                .containsExactlyInAnyOrder(down.saga(), down.saga(), back.saga());
    }

    private int scheduled(String which) throws SQLException {
        try (Connection connection = site.database().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM scheduled_tasks WHERE task_name = 'work' AND " + which)) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Each command is sent when the one before it is about to end: one that is overlooked ends the chain. */
    @Test
    void noWakeUpIsLost() {
        int rounds = 100;
        List<TestCommands> sagas =
                Stream.generate(TestCommands::newSaga).limit(4).toList();
        Random jitter = new Random(1);
        StepHandler handler = (command, run) -> {
            TestCommands next =
                    new TestCommands(command.sagaId(), command.installation().id());
            if (command.attempt() < rounds) {
                site.sendAll(List.of(next.stop(command.attempt() + 1, 1)));
            }
            LockSupport.parkNanos(jitter.nextInt(12_000_000));
            taken.add(command);
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(handler).sweep(Duration.ofDays(1)));
                StepWorker _ = site.start(site.builder(site.runtime("swap-2", site.database()), handler)
                        .sweep(Duration.ofDays(1)))) {
            site.sendAll(sagas.stream().map(each -> each.stop(1, 1)).toList());
            await().atMost(Duration.ofSeconds(40)).until(() -> taken.size() == 4 * rounds);
        }
    }

    @Test
    void aRunningStepIsToldToStopWhenItsUndoArrives() {
        CountDownLatch begun = new CountDownLatch(1);
        StepHandler handler = (command, run) -> {
            if (command.direction() == Direction.DO) {
                begun.countDown();
                run.pause(Duration.ofMinutes(1));
            }
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(handler))) {
            site.send(saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            site.send(saga.resume(1, 2));

            List<Message> answers = site.answers(2);
            assertThat(answers.getFirst().body(StepResult.Failed.class).code()).isEqualTo(ErrorCode.CANCELLED);
            assertThat(answers.getLast().body(StepResult.Succeeded.class).direction())
                    .isEqualTo(Direction.UNDO);
        }
    }

    @Test
    void aRunningStepGivesSignsOfLife() {
        CountDownLatch seen = new CountDownLatch(1);
        StepHandler handler = (command, run) -> {
            run.progress(Progress.of("copying", Progress.Unit.BYTES, 10, 100));
            assertThat(seen.await(20, TimeUnit.SECONDS)).isTrue();
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(handler))) {
            site.send(saga.stop(1, 1));
            List<Progress> moves = site.sent(MessageType.STEP_PROGRESSED, 2).stream()
                    .map(message -> message.body(StepResult.Progressed.class).progress())
                    .toList();
            seen.countDown();
            assertThat(moves.getLast()).isEqualTo(Progress.of("copying", Progress.Unit.BYTES, 10, 100));
            assertThat(site.answers(1)).hasSize(1);
        }
    }
}
