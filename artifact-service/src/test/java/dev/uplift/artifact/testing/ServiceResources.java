package dev.uplift.artifact.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A real database and a home; no Kafka, which the service waits for. */
public final class ServiceResources implements QuarkusTestResourceLifecycleManager {
    @Override
    public Map<String, String> start() {
        try {
            Path home = Files.createTempDirectory("uplift-artifact");
            return Map.of(
                    "uplift.home", home.toString(),
                    "uplift.database.url", TestDatabase.url(),
                    "uplift.database.user", "postgres",
                    "uplift.database.password", "postgres",
                    "uplift.kafka.bootstrap-servers", "127.0.0.1:1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {}
}
