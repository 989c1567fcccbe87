/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.Lease;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TopicSpec;
import dev.uplift.orchestrator.event.ChangeFeed;
import dev.uplift.orchestrator.inventory.Registration;
import dev.uplift.orchestrator.upgrade.RequestRunner;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import dev.uplift.orchestrator.watermark.Watermark;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/** Starts the relay and the recurring tasks with the process, and ends them with it. */
@Singleton
final class Service {
    private static final Duration EVERY_SECOND = Duration.ofSeconds(1);
    private static final Duration EVERY_HOUR = Duration.ofHours(1);
    private static final int THREADS = 6;

    private final MessagingRuntime messaging;
    private final Registration registration;
    private final Watermark watermark;
    private final ChangeFeed feed;
    private final Scheduler scheduler;

    Service(
            MessagingRuntime messaging,
            DataSource dataSource,
            RequestRunner requests,
            SagaUpkeep sagas,
            Registration registration,
            Watermark watermark,
            Housekeeping housekeeping,
            ChangeFeed feed) {
        this.messaging = messaging;
        this.registration = registration;
        this.watermark = watermark;
        this.feed = feed;
        messaging.require(
                TopicSpec.latest(Topics.STATUS_INSTALLATIONS),
                TopicSpec.latest(Topics.STATUS_UPGRADES),
                TopicSpec.log(Topics.EVENTS));
        this.scheduler = Lease.DEFAULT
                .scheduler(dataSource, messaging.settings().instance(), THREADS, List.of())
                .startTasks(
                        recurring("requests", EVERY_SECOND, requests::runAll),
                        recurring("results-watermark", EVERY_SECOND, watermark::advance),
                        recurring("saga-deadlines", EVERY_SECOND, sagas::expire),
                        recurring("saga-outages", EVERY_SECOND, sagas::beginOutages),
                        recurring("registration-deadlines", EVERY_SECOND, registration::expire),
                        recurring("housekeeping", EVERY_HOUR, housekeeping::run))
                .build();
    }

    void start(@Observes StartupEvent started) {
        registration.prepareSites();
        messaging.start();
        scheduler.start();
    }

    void stop(@Observes ShutdownEvent stopped) {
        feed.close();
        scheduler.stop();
        watermark.close();
        messaging.close();
    }

    private static RecurringTask<Void> recurring(String name, Duration pause, Runnable work) {
        return Tasks.recurring(name, FixedDelay.of(pause)).execute((instance, context) -> work.run());
    }
}
