/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.messaging.Liveness;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TestTopic;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a worker makes of the commands that it gets. */
class StepWorkerTest {
    @AutoClose
    private final TestSite site = new TestSite();

    private final TestCommands saga = site.saga();
    private final Queue<StepCommand> taken = new ConcurrentLinkedQueue<>();
    private final StepHandler taking = (command, run) -> {
        taken.add(command);
        return StepOutcome.done();
    };

    @Test
    void aCommandIsTakenAndAnswered() {
        try (StepWorker worker = site.start(site.builder(taking))) {
            site.send(saga.stop(1, 1));

            Message answer = site.answers(1).getFirst();
            assertThat(answer.body(StepResult.Succeeded.class).attempt()).isEqualTo(1);
            assertThat(answer.key()).isEqualTo(saga.installation().toString());
            assertThat(worker.liveness()).hasSize(3).allMatch(Liveness::up);
        }
    }

    @Test
    void aCopyOfAFinishedCommandIsAnsweredWithTheAnswerThatWasKept() {
        try (StepWorker _ = site.start(site.builder(taking))) {
            site.send(saga.stop(1, 1));
            Message first = site.answers(1).getFirst();
            site.send(saga.stop(1, 1));
            site.send(saga.stop(1, 1));

            assertThat(site.answers(3))
                    .allSatisfy(copy -> assertThat(copy.id()).isEqualTo(first.id()))
                    .allSatisfy(copy -> assertThat(copy.body()).isEqualTo(first.body()));
            assertThat(taken).hasSize(1);
        }
    }

    @Test
    void everyDeadLetterIsReportedOnTheResultTopic() {
        try (StepWorker _ = site.start(site.builder(taking));
                TestTopic dead = new TestTopic(site.deadLetters())) {
            StepCommand command = saga.command(StepName.STOP, Direction.DO, 1, 1);
            site.send(saga.message(UUID.randomUUID(), command));
            site.send(new ProducerRecord<>(site.commands(), "k\u202e\0", new byte[] {'{', 0}));

            List<String> letters = dead.take(2, any -> true).stream()
                    .map(letter -> TestTopic.header(letter, "dlq_topic") + "/"
                            + TestTopic.header(letter, "dlq_partition") + "/" + TestTopic.header(letter, "dlq_offset"))
                    .toList();
            List<Message> reports = site.refusals(2);
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
        try (StepWorker _ = site.start(site.builder(taking))) {
            site.send(saga.resume(1, 1));
            assertThat(site.answers(1)).extracting(Message::type).containsExactly(MessageType.STEP_SUCCEEDED);
            site.send(saga.stop(1, 1));

            StepResult.Failed refused = site.answers(2).getLast().body(StepResult.Failed.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.FENCED);
            assertThat(refused.retryable()).isFalse();
            assertThat(refused.detail()).isEqualTo("the step was already undone");
            assertThat(taken).extracting(StepCommand::direction).containsExactly(Direction.UNDO);
        }
    }

    @Test
    void aStaleEpochIsRefused() {
        try (StepWorker _ = site.start(site.builder(taking))) {
            site.send(saga.message(StepName.SOAK, Direction.DO, 1, 5));
            assertThat(site.answers(1)).hasSize(1);
            site.send(saga.stop(1, 4));

            StepResult.Failed refused = site.answers(2).getLast().body(StepResult.Failed.class);
            assertThat(refused.code()).isEqualTo(ErrorCode.FENCED);
            assertThat(refused.detail()).isEqualTo("epoch 4 is over: 5 was seen");
        }
    }

    @Test
    void aStepThatThrowsHasFailedAndMayBeRetried() {
        StepHandler handler = (command, run) -> {
            throw new IllegalStateException("no connection to\njdbc:x://me:hunter2@db");
        };
        try (StepWorker worker = site.start(site.builder(handler))) {
            site.send(saga.stop(1, 1));

            StepResult.Failed failed = site.answers(1).getFirst().body(StepResult.Failed.class);
            assertThat(failed.code()).isEqualTo(ErrorCode.INTERNAL);
            assertThat(failed.retryable()).isTrue();
            assertThat(failed.detail()).isEqualTo("IllegalStateException: no connection to jdbc:x://***@db");
            assertThat(worker.liveness()).allMatch(Liveness::up);
        }
    }

    @Test
    void aCommandThatIsNoStepIsAnsweredEvenIfItsHandlerThrows() {
        try (StepWorker _ = site.start(site.builder(taking))) {
            site.send(inspect(saga.installation(), "/srv/good"));
            site.send(inspect(saga.installation(), "/srv/bad"));

            List<Message> answers = site.sent(MessageType.INSTALLATION_REFUSED, 2);
            assertThat(answers)
                    .extracting(answer -> answer.body(Inspection.Refused.class).detail())
                    .containsExactly("seen /srv/good", "IllegalStateException: bad");
        }
    }

    @Test
    void aMessageThatWaitsOrIsWorkedAtGivesSignsOfLifeUntilItsAnswer() throws Exception {
        UUID installation = site.saga().installation();
        try (StepWorker _ = site.start(site.builder(taking))) {
            site.send(inspect(installation, "/srv/slow"));

            assertThat(site.sent(MessageType.INSTALLATION_INSPECTING, 2))
                    .allMatch(sign -> sign.body(Inspection.Underway.class)
                            .installationId()
                            .equals(installation));
            site.slow.arrive();
            assertThat(site.sent(MessageType.INSTALLATION_REFUSED, 1)).hasSize(1);
        }
    }

    @Test
    void stepsThatTakeAllThreadsKeepNoMessageFromGivingSignsOfLife() throws Exception {
        StepHandler blocking = (command, run) -> {
            taken.add(command);
            site.slow.awaitAdvanceInterruptibly(0);
            return StepOutcome.done();
        };
        try (StepWorker _ = site.start(site.builder(blocking).threads(1))) {
            site.send(TestCommands.newSaga().stop(1, 1));
            await().until(() -> !taken.isEmpty());
            site.send(inspect(saga.installation(), "/srv/good"));

            assertThat(site.sent(MessageType.INSTALLATION_INSPECTING, 2)).isNotEmpty();
            site.slow.arrive();
            assertThat(site.sent(MessageType.INSTALLATION_REFUSED, 1)).hasSize(1);
        }
    }

    @Test
    void aStepThatNobodyTakesKeepsTheWorkerFromBeingBuilt() {
        MessagingRuntime runtime = site.runtime("swap-1", site.database());
        assertThatThrownBy(() -> StepWorker.builder(runtime, ServiceName.SWAP, site.name())
                        .step(StepName.STOP, Direction.DO, taking)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("nobody takes swap.preflight");
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
}
