/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.testing.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Records that end the process which takes them. */
class CrashGuardTest {
    private static final int DIED = 137;
    private static final UUID KEY = UUID.randomUUID();

    private final String url = TestDatabase.url("db/messaging");
    private final Database database = LocalTransactions.database(dataSource(url));
    private final String topic = TestTopic.uniqueName();

    /** Takes a batch in a process of its own, which the poison ends at once. */
    static final class Poisonable {
        public static void main(String[] arguments) {
            MessagingRuntime runtime =
                    TestRuntime.of("p", "p-1", new KafkaSettings("127.0.0.1:1", "p-1"), dataSource(arguments[0]));
            Database database = runtime.database();
            BatchIntake intake = runtime.intake(
                    "in",
                    "in",
                    List.of(arguments[1]),
                    batch -> batch.forEach(received -> {
                        Message message = received.message();
                        String detail = message.body(Inspection.Refused.class).detail();
                        if (detail.equals("poison")) {
                            Runtime.getRuntime().halt(DIED);
                        }
                        if (runtime.inbox().claim(List.of(message)).first(message)) {
                            insert(database, "taken", detail);
                        }
                    }),
                    letter -> insert(database, "letter", letter.reason()));
            List<ConsumerRecord<String, byte[]>> batch = TestTopic.read(
                    arguments[1],
                    Stream.of("one", "two", "poison", "three", "last")
                            .map(CrashGuardTest::message)
                            .toArray(Message[]::new));
            boolean taken = intake.take(batch);
            runtime.close();
            System.exit(taken ? 0 : 1);
        }

        private static void insert(Database database, String table, String text) {
            database.session()
                    .createNativeMutationQuery("INSERT INTO " + table + " VALUES (:text)")
                    .setParameter("text", text)
                    .executeUpdate();
        }
    }

    @BeforeEach
    void makeTables() {
        database.useTransaction(() -> database.session().doWork(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE taken (detail text)");
                statement.execute("CREATE TABLE letter (reason text)");
            }
        }));
    }

    @Test
    void aRecordThatEndsTheProcessIsSetAsideAndTheRestIsTakenOnce() throws Exception {
        int deaths = 0;
        int exit;
        while ((exit = run()) == DIED) {
            deaths++;
            assertThat(deaths).isLessThanOrEqualTo(CrashGuard.ALONE_MAX + 2);
        }

        assertThat(exit).isZero();
        assertThat(deaths).isEqualTo(CrashGuard.ALONE_MAX + 2);
        assertThat(texts("SELECT detail FROM taken")).containsExactly("one", "two", "three", "last");
        assertThat(texts("SELECT reason FROM letter"))
                .containsExactly("the process died each of the 3 times that it was taken by itself");
        assertThat(texts("SELECT topic FROM outbox")).allMatch(Topics.deadLetters(topic)::equals);
        assertThat(texts("SELECT consumer FROM consumer_run UNION ALL SELECT consumer FROM record_in_hand"))
                .isEmpty();
    }

    @Test
    void nothingIsWrittenDownAsLongAsNoProcessDied() {
        CrashGuard first = guard();
        assertThat(first.begin()).isFalse();
        assertThat(first.suspects(batch(0, 3))).isFalse();
        assertThat(texts("SELECT topic FROM record_in_hand")).isEmpty();
        first.end();
        assertThat(guard().begin()).isFalse();
    }

    @Test
    void whatADeadProcessHadIsSuspectAndNothingElse() {
        afterADeath().suspects(batch(0, 3));

        CrashGuard next = afterADeath();
        assertThat(next.suspects(batch(3, 2))).isFalse();
        assertThat(next.suspects(batch(2, 1))).isTrue();
    }

    @Test
    void aProcessThatLivesDoesNotSuspectItself() {
        CrashGuard guard = afterADeath();
        assertThat(guard.suspects(batch(0, 3))).isFalse();
        assertThat(guard.suspects(batch(0, 3))).isFalse();
        ConsumerRecord<String, byte[]> one = batch(0, 1).getFirst();
        for (int i = 0; i < 10; i++) {
            assertThat(guard.mayTake(one)).isTrue();
        }
    }

    @Test
    void whatWasTakenIsForgotten() {
        CrashGuard dying = afterADeath();
        dying.suspects(batch(0, 3));
        database.useTransaction(() -> dying.release(batch(0, 3)));

        assertThat(afterADeath().suspects(batch(0, 3))).isFalse();
    }

    @Test
    void whatAnotherProcessTakesIsForgotten() {
        afterADeath().suspects(batch(0, 3));
        CrashGuard other = new CrashGuard(database, "in", "g-2");
        assertThat(other.begin()).isFalse();

        database.useTransaction(() -> other.release(batch(0, 3)));

        assertThat(texts("SELECT topic FROM record_in_hand")).isEmpty();
    }

    @Test
    void whoEndsInOrderHasNothingInHand() {
        CrashGuard guard = afterADeath();
        guard.suspects(batch(0, 3));

        guard.end();

        assertThat(texts("SELECT topic FROM record_in_hand")).isEmpty();
    }

    @Test
    void onlyTheRecordThatWasBegunByItselfIsCounted() {
        afterADeath().suspects(batch(0, 2));
        ConsumerRecord<String, byte[]> poison = batch(0, 1).getFirst();
        ConsumerRecord<String, byte[]> behind = batch(1, 1).getFirst();
        for (int i = 0; i < CrashGuard.ALONE_MAX; i++) {
            CrashGuard dying = afterADeath();
            assertThat(dying.suspects(batch(0, 2))).isTrue();
            assertThat(dying.mayTake(poison)).isTrue();
        }
        CrashGuard last = afterADeath();
        assertThat(last.mayTake(poison)).isFalse();
        assertThat(last.mayTake(behind)).isTrue();
    }

    private CrashGuard afterADeath() {
        CrashGuard guard = guard();
        if (!guard.begin()) {
            guard = guard();
            assertThat(guard.begin()).isTrue();
        }
        return guard;
    }

    private CrashGuard guard() {
        return new CrashGuard(database, "in", "g-1");
    }

    private List<ConsumerRecord<String, byte[]>> batch(int offset, int size) {
        return IntStream.range(offset, offset + size)
                .mapToObj(each -> new ConsumerRecord<>(topic, 0, (long) each, "key", new byte[0]))
                .toList();
    }

    private int run() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Poisonable.class.getName(),
                        url,
                        topic)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private List<String> texts(String query) {
        return database.inTransaction(
                () -> database.session().createNativeQuery(query, String.class).getResultList());
    }

    private static PGSimpleDataSource dataSource(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        return source;
    }

    static Message message(String detail) {
        // The same in each process: it is read again.
        return new Message(
                UUID.nameUUIDFromBytes(detail.getBytes(StandardCharsets.UTF_8)),
                MessageType.INSTALLATION_REFUSED,
                URI.create("/test"),
                KEY.toString(),
                Instant.now(),
                null,
                new Inspection.Refused(KEY, ErrorCode.INVALID, detail));
    }
}
