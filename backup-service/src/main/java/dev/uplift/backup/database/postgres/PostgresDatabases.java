package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.docker.Reach;
import dev.uplift.host.Secrets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/** Opens application databases on PostgreSQL servers. */
public final class PostgresDatabases {
    private PostgresDatabases() {}

    /**
     * The database as an installation's workers see it. Connects to nothing yet.
     *
     * @param work directory of the installation, for files that are gone at the end of a step
     * @throws IOException if the reference to its password leads nowhere
     */
    public static ApplicationDatabase open(
            UUID installation,
            DatabaseSpec.PostgreSql spec,
            Reach.ServerAccess access,
            PostgresOptions options,
            Path work)
            throws IOException {
        String reference = spec.passwordRef();
        PostgresServer server = new PostgresServer(
                spec, access.route(), reference == null ? null : Secrets.resolve(access.keeper(), reference));
        return new PostgresDatabase(server, options, installation, work);
    }
}
