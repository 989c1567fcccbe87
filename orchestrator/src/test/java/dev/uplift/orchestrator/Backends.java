/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** A database, a Kafka and a home of their own for the tests. */
public final class Backends implements QuarkusTestResourceLifecycleManager {
    /** More than all other tests keep down at a time. */
    static final int OUTAGES_MAX = 50;

    @Override
    public Map<String, String> start() {
        try {
            return Map.of(
                    "uplift.home",
                            Files.createTempDirectory("uplift-orchestrator").toString(),
                    "uplift.database.url", TestDatabase.url(),
                    "uplift.database.user", "postgres",
                    "uplift.database.password", "postgres",
                    "uplift.kafka.bootstrap-servers", KafkaBroker.shared().bootstrapServers(),
                    "uplift.saga.back-off-first", "100ms",
                    "uplift.saga.back-off-max", "200ms",
                    "uplift.saga.outages-max", String.valueOf(OUTAGES_MAX),
                    "uplift.registration.deadline", "10s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** They end with the process. */
    @Override
    public void stop() {}
}
