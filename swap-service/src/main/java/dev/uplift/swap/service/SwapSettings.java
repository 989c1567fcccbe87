package dev.uplift.swap.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.util.Optional;

/** What this process is told by its environment. */
@ConfigMapping(prefix = "uplift")
public interface SwapSettings {
    /**
     * The one directory for data. Default: {@code .uplift} below the user's home. This service reads the
     * operator's profiles in its {@code profiles/}, and writes in its {@code containers/} what it knows of
     * containers of this machine.
     */
    Path home();

    /** The site whose installations this process works for. Default {@code default}. */
    @WithDefault("default")
    String site();

    /**
     * The name of this replica: the same after a restart, and unlike that of any other replica. Default
     * {@code swap}; 1 to 100 characters of {@code A-Z a-z 0-9 . _ -}.
     */
    @WithDefault("swap")
    String instance();

    /** Where Kafka is: {@code host:port}, several separated by commas. Default {@code 127.0.0.1:8484}. */
    @WithName("kafka.bootstrap-servers")
    @WithDefault("127.0.0.1:8484")
    String kafkaBootstrapServers();

    /** For crash tests only: where they arm their kills. Default: none, and nothing can be armed. */
    @WithName("crash.directory")
    Optional<Path> crashDirectory();

    /** The socket of the Docker Engine of this machine. Default {@code /var/run/docker.sock}; it need not exist. */
    @WithName("docker.socket")
    @WithDefault("/var/run/docker.sock")
    Path dockerSocket();

    /** How many installations are worked at at a time. Default 16, at least 1. */
    @WithName("swap.threads")
    @WithDefault("16")
    int threads();
}
