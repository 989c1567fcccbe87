package dev.uplift.orchestrator.runtime;

import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** What this process is told by its environment. */
@Singleton
final class ServiceSettings {
    private final Path home;
    private final String instance;
    private final String kafkaBootstrapServers;
    private final Optional<Path> crashDirectory;

    ServiceSettings(
            @ConfigProperty(name = "uplift.home") String home,
            @ConfigProperty(name = "uplift.instance") String instance,
            @ConfigProperty(name = "uplift.kafka.bootstrap-servers") String kafkaBootstrapServers,
            @ConfigProperty(name = "uplift.crash.directory") Optional<Path> crashDirectory) {
        this.home = Path.of(home);
        this.instance = instance;
        this.kafkaBootstrapServers = kafkaBootstrapServers;
        this.crashDirectory = crashDirectory;
    }

    /** The one directory for data; default {@code .uplift} below the user's home. The operator's profiles are in its {@code profiles}. */
    Path home() {
        return home;
    }

    /**
     * The name of this replica: the same after a restart, and unlike that of any other replica. Default
     * {@code orchestrator}; 1 to 100 characters of {@code A-Z a-z 0-9 . _ -}.
     */
    String instance() {
        return instance;
    }

    /** Where Kafka is: {@code host:port}, several separated by commas. Default {@code 127.0.0.1:8484}. */
    String kafkaBootstrapServers() {
        return kafkaBootstrapServers;
    }

    /** For crash tests only: where they arm their kills. Default: none, and nothing can be armed. */
    Optional<Path> crashDirectory() {
        return crashDirectory;
    }
}
