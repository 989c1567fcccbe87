/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TestRuntime;
import dev.uplift.messaging.TestTopic;
import dev.uplift.messaging.TopicSetup;
import dev.uplift.messaging.TopicSpec;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Phaser;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A site of its own: what is sent to the swap-service's workers there, and what they answer. */
final class TestSite implements AutoCloseable {
    private final AgroalDataSource database;
    private final String name = "s" + UUID.randomUUID();
    private final String commands = Topics.commands(ServiceName.SWAP, name);
    private final TestCommands saga = TestCommands.newSaga();
    private final TestTopic results;
    private final Deque<StepWorker> running = new ArrayDeque<>();

    /** What is slow waits for it to advance. */
    final Phaser slow = new Phaser(1);

    TestSite() {
        this(TestDatabase.create("db/messaging"));
    }

    /** One whose workers have done something already. */
    TestSite(AgroalDataSource database) {
        this.database = database;
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(commands)));
        results = new TestTopic(Topics.results(ServiceName.SWAP));
    }

    String name() {
        return name;
    }

    /** The saga whose answers are shown. */
    TestCommands saga() {
        return saga;
    }

    AgroalDataSource database() {
        return database;
    }

    String commands() {
        return commands;
    }

    String deadLetters() {
        return Topics.deadLetters(commands);
    }

    /** Hands a command to the workers, as the channel of one that runs would. */
    void send(Message command) {
        sendAll(List.of(command));
    }

    /** The same of several, in one batch, for each of the workers in turn. */
    void sendAll(List<Message> messages) {
        read(messages.stream()
                .map(message -> WireCodec.encode(commands, message))
                .toList());
    }

    void send(ProducerRecord<String, byte[]> record) {
        read(List.of(record));
    }

    private void read(List<ProducerRecord<String, byte[]>> records) {
        StepWorker reader;
        synchronized (running) {
            running.addLast(running.removeFirst());
            reader = running.getLast();
        }
        assertThat(reader.commands().take(TestTopic.read(records))).isTrue();
    }

    StepWorker.Builder builder(StepHandler handler) {
        return builder(runtime("swap-1", database), handler);
    }

    StepWorker.Builder builder(MessagingRuntime runtime, StepHandler handler) {
        StepWorker.Builder builder = StepWorker.builder(runtime, ServiceName.SWAP, name)
                .message(Inspection.REQUESTED_TYPE, Inspection.Requested.class, new Inspector());
        for (StepName step : StepName.values()) {
            if (step.service() == ServiceName.SWAP) {
                step.directions().forEach(direction -> builder.step(step, direction, handler));
            }
        }
        return builder;
    }

    MessagingRuntime runtime(String instance, DataSource dataSource) {
        return TestRuntime.of("swap", instance, dataSource, WorkEntry.class);
    }

    StepWorker start(StepWorker.Builder builder) {
        StepWorker worker = builder.build();
        worker.start();
        synchronized (running) {
            running.addFirst(worker);
        }
        return worker;
    }

    /** What is sent from now on does not go to a worker that has ended, or is cut off. */
    void leave(StepWorker worker) {
        synchronized (running) {
            running.remove(worker);
        }
    }

    /** All answers to the saga's steps so far, once there are {@code count}. */
    List<Message> answers(int count) {
        return answers(saga.installation(), count);
    }

    /** All answers to the steps of an installation so far, once there are {@code count}. */
    List<Message> answers(UUID installation, int count) {
        return received(installation, count, List.of(MessageType.STEP_SUCCEEDED, MessageType.STEP_FAILED));
    }

    List<Message> sent(String type, int count) {
        return received(saga.installation(), count, List.of(type));
    }

    private List<Message> received(UUID installation, int count, List<String> types) {
        String key = installation.toString();
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

    /** The reports of dead letters, once there are {@code count}. */
    List<Message> refusals(int count) {
        return results
                .take(count, record -> record.key() != null && record.key().startsWith(commands))
                .stream()
                .map(TestTopic::decode)
                .toList();
    }

    @Override
    public void close() {
        results.close();
        database.close();
    }

    private final class Inspector implements SlowMessageHandler<Inspection.Requested> {
        @Override
        public Reply handle(Inspection.Requested body) throws InterruptedException {
            if ("/srv/bad".equals(body.directory())) {
                throw new IllegalStateException("bad");
            }
            if ("/srv/slow".equals(body.directory())) {
                slow.awaitAdvanceInterruptibly(0);
            }
            return failed(body, "seen " + body.directory());
        }

        @Override
        public Reply underway(Inspection.Requested body) {
            return new Reply(MessageType.INSTALLATION_INSPECTING, new Inspection.Underway(body.installationId()));
        }

        @Override
        public Reply failed(Inspection.Requested body, String detail) {
            return new Reply(
                    MessageType.INSTALLATION_REFUSED,
                    new Inspection.Refused(body.installationId(), ErrorCode.INTERNAL, detail));
        }
    }
}
