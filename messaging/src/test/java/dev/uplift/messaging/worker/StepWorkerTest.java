package dev.uplift.messaging.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Progress;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.messaging.Lease;
import dev.uplift.messaging.Liveness;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TestRuntime;
import dev.uplift.messaging.TestTopic;
import dev.uplift.messaging.TopicSetup;
import dev.uplift.messaging.TopicSpec;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StepWorkerTest {
    private static final Lease SHORT = new Lease(Duration.ofMillis(250), 4, Duration.ofMillis(50));

    private final AgroalDataSource database = TestDatabase.create("db/messaging");
    private final String site = "s" + UUID.randomUUID();
    private final String commands = Topics.commands(ServiceName.SWAP, site);
    private final TestCommands saga = TestCommands.newSaga();
    private final Queue<StepCommand> taken = new ConcurrentLinkedQueue<>();
    private final StepHandler taking = (command, run) -> {
        taken.add(command);
        return StepOutcome.done();
    };
    private TestTopic results;

    @BeforeEach
    void topics() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(commands)));
        results = new TestTopic(Topics.results(ServiceName.SWAP));
    }

    @AfterEach
    void close() {
        results.close();
    }

    @Test
    void aCommandIsTakenAndAnswered() {
        try (StepWorker worker = start(builder(taking))) {
            TestTopic.send(commands, saga.stop(1, 1));

            Message answer = answers(1).getFirst();
            assertThat(answer.body(StepResult.Succeeded.class).attempt()).isEqualTo(1);
            assertThat(answer.key()).isEqualTo(saga.installation().toString());
            assertThat(worker.liveness()).hasSize(3).allMatch(Liveness::up);
        }
    }

    @Test
    void aCopyOfAFinishedCommandIsAnsweredWithTheAnswerThatWasKept() {
        try (StepWorker _ = start(builder(taking))) {
            TestTopic.send(commands, saga.stop(1, 1));
            Message first = answers(1).getFirst();
            TestTopic.send(commands, saga.stop(1, 1));
            TestTopic.send(commands, saga.stop(1, 1));

            assertThat(answers(3))
                    .allSatisfy(copy -> assertThat(copy.id()).isEqualTo(first.id()))
                    .allSatisfy(copy -> assertThat(copy.body()).isEqualTo(first.body()));
            assertThat(taken).hasSize(1);
        }
    }

    @Test
    void everyDeadLetterIsReportedOnTheResultTopic() {
        try (StepWorker _ = start(builder(taking));
                TestTopic dead = new TestTopic(Topics.deadLetters(commands))) {
            StepCommand command = saga.command(StepName.STOP, Direction.DO, 1, 1);
            TestTopic.send(commands, saga.message(UUID.randomUUID(), command));
            TestTopic.send(new ProducerRecord<>(commands, "k\u202e\0", new byte[] {'{', 0}));

            List<String> letters = dead.take(2, any -> true).stream()
                    .map(letter -> TestTopic.header(letter, "dlq_topic") + "/"
                            + TestTopic.header(letter, "dlq_partition") + "/" + TestTopic.header(letter, "dlq_offset"))
                    .toList();
            List<Message> reports =
                    results
                            .take(
                                    2,
                                    answer ->
                                            answer.key() != null && answer.key().startsWith(commands))
                            .stream()
                            .map(TestTopic::decode)
                            .toList();
            assertThat(reports)
                    .extracting(report -> report.body(CommandRefused.class).source())
                    .containsExactlyInAnyOrderElementsOf(letters);
            assertThat(reports)
                    .extracting(report -> report.body(CommandRefused.class).problem())
                    .containsExactlyInAnyOrder(
                            "the message's id is not that of its saga, step, direction and attempt",
                            "no CloudEvent in binary mode: header ce_specversion is missing");
            assertThat(taken).isEmpty();
        }
    }

    @Test
    void aLateDoAfterItsUndoIsRefused() {
        try (StepWorker _ = start(builder(taking))) {
            TestTopic.send(commands, saga.resume(1, 1));
            assertThat(answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
            TestTopic.send(commands, saga.stop(1, 1));

            StepResult.Failed refused = answers(2).getLast().body(StepResult.Failed.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.FENCED);
            assertThat(refused.retryable()).isFalse();
            assertThat(refused.detail()).isEqualTo("the step was already undone");
            assertThat(taken).extracting(StepCommand::direction).containsExactly(Direction.UNDO);
        }
    }

    @Test
    void aStaleEpochIsRefused() {
        try (StepWorker _ = start(builder(taking))) {
            TestTopic.send(commands, saga.message(StepName.SOAK, Direction.DO, 1, 5));
            assertThat(answers(1)).hasSize(1);
            TestTopic.send(commands, saga.stop(1, 4));

            StepResult.Failed refused = answers(2).getLast().body(StepResult.Failed.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.FENCED);
            assertThat(refused.detail()).isEqualTo("epoch 4 is over: 5 was seen");
        }
    }

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
        try (StepWorker _ = start(builder(handler));
                StepWorker _ = start(builder(runtime("swap-2", database), handler))) {
            for (int round = 1; round <= 20; round++) {
                int attempt = round;
                TestTopic.sendAll(
                        commands,
                        sagas.stream().map(each -> each.stop(attempt, 1)).toList());
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
                TestTopic.sendAll(commands, List.of(next.stop(command.attempt() + 1, 1)));
            }
            LockSupport.parkNanos(jitter.nextInt(12_000_000));
            taken.add(command);
            return StepOutcome.done();
        };
        try (StepWorker _ = start(builder(handler).sweep(Duration.ofDays(1)));
                StepWorker _ =
                        start(builder(runtime("swap-2", database), handler).sweep(Duration.ofDays(1)))) {
            TestTopic.sendAll(
                    commands, sagas.stream().map(each -> each.stop(1, 1)).toList());
            await().atMost(Duration.ofSeconds(40)).until(() -> taken.size() == 4 * rounds);
        }
    }

    @Test
    void aRunningStepIsToldToStopWhenItsUndoArrives() {
        CountDownLatch begun = new CountDownLatch(1);
        StepHandler handler = (command, run) -> {
            if (command.direction() == Direction.DO) {
                begun.countDown();
                await().atMost(Duration.ofSeconds(20)).until(run::cancelled);
                run.checkCancelled();
            }
            return StepOutcome.done();
        };
        try (StepWorker _ = start(builder(handler))) {
            TestTopic.send(commands, saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            TestTopic.send(commands, saga.resume(1, 2));

            List<Message> answers = answers(2);
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
        try (StepWorker _ = start(builder(handler))) {
            TestTopic.send(commands, saga.stop(1, 1));
            List<Progress> moves = sent(MessageType.STEP_PROGRESSED, 2).stream()
                    .map(message -> message.body(StepResult.Progressed.class).progress())
                    .toList();
            seen.countDown();
            assertThat(moves.getLast()).isEqualTo(Progress.of("copying", Progress.Unit.BYTES, 10, 100));
            assertThat(answers(1)).hasSize(1);
        }
    }

    @Test
    void aStepThatThrowsHasFailedAndMayBeRetried() {
        StepHandler handler = (command, run) -> {
            throw new IllegalStateException("no connection to\njdbc:x://me:hunter2@db");
        };
        try (StepWorker worker = start(builder(handler))) {
            TestTopic.send(commands, saga.stop(1, 1));

            StepResult.Failed failed = answers(1).getFirst().body(StepResult.Failed.class);
            assertThat(failed.code()).isEqualTo(ErrorCode.INTERNAL);
            assertThat(failed.retryable()).isTrue();
            assertThat(failed.detail()).isEqualTo("IllegalStateException: no connection to jdbc:x://me:***@db");
            assertThat(worker.liveness()).allMatch(Liveness::up);
        }
    }

    @Test
    void aLostWorkersCommandIsTakenOverAndItsLateAnswerIsDropped() {
        Plug plug = new Plug(database);
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
        try (StepWorker _ =
                start(builder(runtime("swap-1", plug.dataSource()), paused).lease(SHORT))) {
            TestTopic.send(commands, saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            plug.pull();
            try (StepWorker _ =
                    start(builder(runtime("swap-2", database), second).lease(SHORT))) {
                assertThat(answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
                assertThat(deliveries).containsExactly(2);
                plug.putBack();
                goOn.countDown();
                await().until(() -> ended.getCount() == 0);
                TestTopic.send(commands, saga.stop(2, 1));
                assertThat(answers(2)).extracting(Message::type).containsOnly(MessageType.STEP_SUCCEEDED);
            }
        }
    }

    /** With the lease of production, which ends only after 8 s: the answer comes long before. */
    @Test
    void aDeadWorkersCommandIsBegunAgainAsSoonAsItsInstanceIsStartedAgain() {
        Plug plug = new Plug(database);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        StepHandler paused = (command, run) -> {
            begun.countDown();
            assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            return StepOutcome.refused(ErrorCode.INTERNAL, "late");
        };
        try (StepWorker _ = start(builder(runtime("swap-1", plug.dataSource()), paused))) {
            TestTopic.send(commands, saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            plug.pull();
            endSessionsThatHoldLocks();
            try (StepWorker _ = start(builder(runtime("swap-1", database), taking))) {
                await().atMost(Duration.ofSeconds(4)).until(() -> taken.size() == 1);
                assertThat(answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
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
        try (StepWorker _ = start(builder(runtime("swap-1", database), slow))) {
            TestTopic.send(commands, saga.stop(1, 1));
            await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
            try (StepWorker _ = start(builder(runtime("swap-1", database), taking))) {
                await().during(Duration.ofSeconds(1))
                        .atMost(Duration.ofSeconds(3))
                        .until(taken::isEmpty);
                goOn.countDown();
                assertThat(answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
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
        StepWorker first = start(builder(endless));
        TestTopic.send(commands, saga.stop(1, 1));
        await().atMost(Duration.ofSeconds(20)).until(() -> begun.getCount() == 0);
        first.close();
        try (StepWorker _ = start(builder(taking))) {
            assertThat(answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
        }
    }

    @Test
    void aForgedCommandIsDeadLettered() {
        try (StepWorker _ = start(builder(taking));
                TestTopic dead = new TestTopic(Topics.deadLetters(commands))) {
            UUID forged = UUID.randomUUID();
            TestTopic.send(commands, saga.message(forged, saga.command(StepName.STOP, Direction.DO, 1, 1)));

            assertThat(dead.take(1, any -> true))
                    .singleElement()
                    .satisfies(letter -> assertThat(TestTopic.header(letter, "dlq_reason"))
                            .isEqualTo("the message's id is not that of its saga, step, direction and attempt"));
            assertThat(taken).isEmpty();
        }
    }

    @Test
    void aCommandThatIsNoStepIsAnsweredEvenIfItsHandlerThrows() {
        try (StepWorker _ = start(builder(taking))) {
            TestTopic.send(commands, inspect(saga.installation(), "/srv/good"));
            TestTopic.send(commands, inspect(saga.installation(), "/srv/bad"));

            List<Message> answers = sent(MessageType.INSTALLATION_REFUSED, 2);
            assertThat(answers)
                    .extracting(answer -> answer.body(Inspection.Refused.class).detail())
                    .containsExactly("seen /srv/good", "IllegalStateException: bad");
        }
    }

    @Test
    void aStepThatNobodyTakesKeepsTheWorkerFromBeingBuilt() {
        MessagingRuntime runtime = runtime("swap-1", database);
        assertThatThrownBy(() -> StepWorker.builder(runtime, ServiceName.SWAP, site)
                        .step(StepName.STOP, Direction.DO, taking)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("nobody takes swap.preflight");
    }

    /** As the server does when a process dies. */
    private void endSessionsThatHoldLocks() {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
                    WHERE locktype = 'advisory' AND granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private StepWorker.Builder builder(StepHandler handler) {
        return builder(runtime("swap-1", database), handler);
    }

    private StepWorker.Builder builder(MessagingRuntime runtime, StepHandler handler) {
        StepWorker.Builder builder = StepWorker.builder(runtime, ServiceName.SWAP, site)
                .message(Inspection.REQUESTED_TYPE, Inspection.Requested.class, new Inspector());
        for (StepName step : StepName.values()) {
            if (step.service() == ServiceName.SWAP) {
                builder.step(step, Direction.DO, handler);
                if (step.hasUndo()) {
                    builder.step(step, Direction.UNDO, handler);
                }
            }
        }
        return builder;
    }

    private static final class Inspector implements MessageHandler<Inspection.Requested> {
        @Override
        public Reply handle(Inspection.Requested body) {
            if ("/srv/bad".equals(body.directory())) {
                throw new IllegalStateException("bad");
            }
            return failed(body, "seen " + body.directory());
        }

        @Override
        public Reply failed(Inspection.Requested body, String detail) {
            return new Reply(
                    MessageType.INSTALLATION_REFUSED,
                    new Inspection.Refused(body.installationId(), ErrorCode.INTERNAL, detail));
        }
    }

    private static Message inspect(UUID installation, String directory) {
        return new Message(
                UUID.randomUUID(),
                Inspection.REQUESTED_TYPE,
                URI.create("/test"),
                installation.toString(),
                Instant.now(),
                null,
                new Inspection.Requested(installation, "metrics", null, "default", null, directory));
    }

    private static MessagingRuntime runtime(String instance, DataSource dataSource) {
        return TestRuntime.of("swap", instance, dataSource, CrashPoints.NONE);
    }

    private static StepWorker start(StepWorker.Builder builder) {
        StepWorker worker = builder.build();
        worker.start();
        return worker;
    }

    /** All answers to the saga's steps so far, once there are {@code count}. */
    private List<Message> answers(int count) {
        return received(count, List.of(MessageType.STEP_SUCCEEDED, MessageType.STEP_FAILED));
    }

    private List<Message> sent(String type, int count) {
        return received(count, List.of(type));
    }

    private List<Message> received(int count, List<String> types) {
        String key = saga.installation().toString();
        return new ArrayList<>(
                results
                        .take(
                                count,
                                record ->
                                        key.equals(record.key()) && types.contains(TestTopic.header(record, "ce_type")))
                        .stream()
                        .map(TestTopic::decode)
                        .toList());
    }
}
