package dev.uplift.orchestrator.runtime;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.util.Optional;

/** What this process is told by its environment. */
@ConfigMapping(prefix = "uplift")
public interface ServiceSettings {
    /** The one directory for data; default {@code .uplift} below the user's home. The operator's profiles are in its {@code profiles}. */
    Path home();

    /**
     * The name of this replica: the same after a restart, and unlike that of any other replica. Default
     * {@code orchestrator}; 1 to 100 characters of {@code A-Z a-z 0-9 . _ -}.
     */
    String instance();

    /** Where Kafka is: {@code host:port}, several separated by commas. Default {@code 127.0.0.1:8484}. */
    @WithName("kafka.bootstrap-servers")
    String kafkaBootstrapServers();

    /** For crash tests only: where they arm their kills. Default: none, and nothing can be armed. */
    @WithName("crash.directory")
    Optional<Path> crashDirectory();
}
