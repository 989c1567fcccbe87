package dev.uplift.orchestrator;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL and a Kafka of their own for the tests. */
public final class Backends implements QuarkusTestResourceLifecycleManager {
    private @Nullable EmbeddedPostgres postgres;
    private @Nullable TestKafka kafka;

    @Override
    public Map<String, String> start() {
        try {
            Path home = Files.createTempDirectory("orchestrator-test");
            EmbeddedPostgres database = EmbeddedPostgres.builder().start();
            postgres = database;
            TestKafka broker = TestKafka.start(home.resolve("kafka"));
            kafka = broker;
            return Map.of(
                    "uplift.home", home.toString(),
                    "uplift.database.url", database.getJdbcUrl("postgres", "postgres"),
                    "uplift.database.user", "postgres",
                    "uplift.database.password", "postgres",
                    "uplift.kafka.bootstrap-servers", broker.bootstrapServers(),
                    "uplift.saga.back-off-first", "100ms",
                    "uplift.saga.back-off-max", "200ms",
                    "uplift.registration.deadline", "10s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        if (kafka != null) {
            kafka.close();
        }
        if (postgres != null) {
            try {
                postgres.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
