/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import dev.uplift.messaging.testing.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScheduledFaultsTest {
    private final DataSource database = TestDatabase.create("db/messaging");
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger runs = new AtomicInteger();
    private final Queue<LogRecord> logged = new ConcurrentLinkedQueue<>();
    private final Logger root = Logger.getLogger("");
    private volatile boolean away;

    private final Handler noting = new Handler() {
        @Override
        public void publish(LogRecord line) {
            logged.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void note() {
        root.addHandler(noting);
    }

    @AfterEach
    void stopNoting() {
        root.removeHandler(noting);
    }

    @Test
    void aDatabaseThatIsAwayIsOneLineAndTheWorkGoesOnWhenItIsBack() {
        Scheduler scheduler = scheduler(runs::incrementAndGet);
        try {
            scheduler.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> runs.get() > 1);
            away = true;
            await().atMost(Duration.ofSeconds(20)).until(() -> refused.get() > 10);
            away = false;
            int before = runs.get();
            await().atMost(Duration.ofSeconds(20)).until(() -> runs.get() > before + 1);
        } finally {
            scheduler.stop();
        }
        assertThat(lines("the queue waits"))
                .singleElement()
                .satisfies(line -> assertThat(line.getMessage()).contains("tries again by itself"));
        assertThat(logged).allSatisfy(line -> assertThat(line.getThrown()).isNull());
    }

    @Test
    void aTaskThatBreaksIsLoggedWithItsTrace() {
        Scheduler scheduler = scheduler(() -> {
            runs.incrementAndGet();
            throw new IllegalStateException("a defect");
        });
        try {
            scheduler.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !lines("broke and is run again").isEmpty());
        } finally {
            scheduler.stop();
        }
        assertThat(lines("broke and is run again").getFirst().getThrown()).hasMessage("a defect");
    }

    private List<LogRecord> lines(String text) {
        return logged.stream().filter(line -> line.getMessage().contains(text)).toList();
    }

    private Scheduler scheduler(Runnable work) {
        return new Lease(Duration.ofMillis(250), 4, Duration.ofMillis(50))
                .scheduler(switched(), "s-1", 2, List.of())
                .startTasks(Tasks.recurring("test", FixedDelay.of(Duration.ofMillis(50)))
                        .execute((task, context) -> work.run()))
                .build();
    }

    private DataSource switched() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (away && method.getName().equals("getConnection")) {
                        refused.incrementAndGet();
                        throw new SQLException("refused", "08001");
                    }
                    try {
                        return method.invoke(database, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
