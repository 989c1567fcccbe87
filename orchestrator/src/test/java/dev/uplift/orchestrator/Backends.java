package dev.uplift.orchestrator;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL and a Kafka of their own for the tests. */
public final class Backends implements QuarkusTestResourceLifecycleManager {
    private @Nullable Path home;
    private @Nullable EmbeddedPostgres postgres;
    private @Nullable TestKafka kafka;

    @Override
    public Map<String, String> start() {
        try {
            Path directory = Files.createTempDirectory("orchestrator-test");
            home = directory;
            EmbeddedPostgres database = EmbeddedPostgres.builder().start();
            postgres = database;
            TestKafka broker = TestKafka.start(directory.resolve("kafka"));
            kafka = broker;
            return Map.of(
                    "uplift.home", directory.toString(),
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
        if (home != null) {
            delete(home);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
