/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Clock;
import javax.sql.DataSource;
import org.apache.kafka.common.KafkaException;

/** Runtimes over the shared broker. Several of them stand for several processes. */
public final class TestRuntime {
    private TestRuntime() {}

    public static MessagingRuntime of(String service, DataSource database) {
        return of(service, service + "-1", database, CrashPoints.none());
    }

    public static MessagingRuntime of(String service, String instance, DataSource database, CrashPoints crashPoints) {
        return of(service, instance, database, crashPoints, OpenTelemetry.noop());
    }

    public static MessagingRuntime of(
            String service,
            String instance,
            DataSource database,
            CrashPoints crashPoints,
            OpenTelemetry openTelemetry) {
        return of(service, instance, TestTopic.settings(instance), database, crashPoints, openTelemetry);
    }

    static MessagingRuntime of(String service, String instance, KafkaSettings kafka, DataSource database) {
        return of(service, instance, kafka, database, CrashPoints.none(), OpenTelemetry.noop());
    }

    /** One whose database has tables of another module. */
    public static MessagingRuntime of(String service, String instance, DataSource database, Class<?>... entities) {
        return of(
                service,
                instance,
                TestTopic.settings(instance),
                database,
                CrashPoints.none(),
                OpenTelemetry.noop(),
                entities);
    }

    private static MessagingRuntime of(
            String service,
            String instance,
            KafkaSettings kafka,
            DataSource database,
            CrashPoints crashPoints,
            OpenTelemetry openTelemetry,
            Class<?>... entities) {
        return new MessagingRuntime(
                new MessagingRuntime.Settings(service, instance, kafka),
                database,
                LocalTransactions.database(database, entities),
                TestChannels.of(kafka),
                new SimpleMeterRegistry(),
                openTelemetry,
                Clock.systemUTC(),
                crashPoints);
    }

    /** From {@code effect} on, a process that died: it has no further effect. */
    public static Death dieAt(String effect, CrashPoints.Moment moment) {
        return new Death(effect, moment);
    }

    /** What has died stays dead: every effect after the one that was named fails, as if the infrastructure were away. */
    public static final class Death implements CrashPoints {
        private final String effect;
        private final Moment moment;
        private volatile boolean happened;

        private Death(String effect, Moment moment) {
            this.effect = effect;
            this.moment = moment;
        }

        public boolean happened() {
            return happened;
        }

        @Override
        public void reached(String reached, Moment when) {
            happened |= reached.equals(effect) && when == moment;
            if (happened) {
                throw new KafkaException("the process is dead");
            }
        }
    }
}
