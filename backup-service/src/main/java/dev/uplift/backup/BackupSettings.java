package dev.uplift.backup;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What this process is told by its environment. */
@ConfigMapping(prefix = "uplift")
public interface BackupSettings {
    /**
     * The one directory for data. Default: {@code .uplift} below the user's home. Backups are in its
     * {@code backups/}, the key of their MACs in {@code keys/}, the operator's profiles in {@code profiles/}.
     */
    Path home();

    /** The site whose installations this process works for. Default {@code default}. */
    @WithDefault("default")
    String site();

    /**
     * The name of this replica: the same after a restart, and unlike that of any other replica. Default
     * {@code backup}; 1 to 100 characters of {@code A-Z a-z 0-9 . _ -}.
     */
    @WithDefault("backup")
    String instance();

    /** Where Kafka is: {@code host:port}, several separated by commas. Default {@code 127.0.0.1:8484}. */
    @WithName("kafka.bootstrap-servers")
    @WithDefault("127.0.0.1:8484")
    String kafkaBootstrapServers();

    /** For crash tests only: where they arm their kills. Default: none, and nothing can be armed. */
    @WithName("crash.directory")
    Optional<Path> crashDirectory();

    /** How many installations are backed up or restored at a time. Default 4, at least 1. */
    @WithName("backup.threads")
    @WithDefault("4")
    int threads();

    /** Parallel jobs of one {@code pg_dump} or {@code pg_restore}. Default 2; 1 to 64. */
    @WithName("backup.postgres.jobs")
    @WithDefault("2")
    int postgresJobs();

    /**
     * Directories with {@code pg_dump} and {@code pg_restore} that are preferred to those in {@code
     * /usr/lib/postgresql} and on the {@code PATH}. Default: none.
     */
    @WithName("backup.postgres.tools")
    Optional<List<Path>> postgresTools();

    /** The socket of the Docker Engine of this machine. Default {@code /var/run/docker.sock}; it need not exist. */
    @WithName("docker.socket")
    @WithDefault("/var/run/docker.sock")
    Path dockerSocket();

    /** How many verified backups of an installation are kept. Default 5, at least 1. */
    @WithName("backup.retention.count")
    @WithDefault("5")
    int retentionCount();

    /** No backup younger than this is deleted. Default 24 h, at least 1 h. */
    @WithName("backup.retention.min-age")
    @WithDefault("24H")
    Duration retentionMinAge();
}
