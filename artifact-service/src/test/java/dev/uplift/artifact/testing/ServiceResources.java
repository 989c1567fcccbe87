package dev.uplift.artifact.testing;

import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A real database, a real broker and a home. */
public final class ServiceResources implements QuarkusTestResourceLifecycleManager {
    @Override
    public Map<String, String> start() {
        try {
            Path home = Files.createTempDirectory("uplift-artifact");
            return Map.of(
                    "uplift.home",
                    home.toString(),
                    "uplift.database.url",
                    TestDatabase.url(),
                    "uplift.database.user",
                    "postgres",
                    "uplift.database.password",
                    "postgres",
                    "uplift.kafka.bootstrap-servers",
                    KafkaBroker.shared().bootstrapServers(),
                    "uplift.artifact.allowed-origins",
                    "http://127.0.0.1:*");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {}
}
