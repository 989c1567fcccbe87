package dev.uplift.messaging;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import javax.sql.DataSource;

/** Runtimes over the shared broker. */
public final class TestRuntime {
    private TestRuntime() {}

    public static MessagingRuntime of(String service, DataSource database) {
        return of(service, service + "-1", database, CrashPoints.NONE);
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
        return new MessagingRuntime(
                new MessagingRuntime.Settings(service, instance, TestTopic.settings(instance)),
                database,
                new SimpleMeterRegistry(),
                openTelemetry,
                crashPoints);
    }

    /** Ends the thread that reaches {@code effect}, as a crash would: without a commit. */
    public static CrashPoints dieAt(String effect, CrashPoints.Moment moment) {
        return (reached, when) -> {
            if (reached.equals(effect) && when == moment) {
                throw new SimulatedCrash();
            }
        };
    }

    /** An error that nobody handles. */
    public static final class SimulatedCrash extends Error {
        private static final long serialVersionUID = 1L;
    }
}
