/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.Route;
import dev.uplift.profile.DatabaseRules;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The application's database, seen from outside the application. */
public sealed interface AppDatabase permits PostgresAppDatabase, H2AppDatabase {

    /** A file of {@code host}. */
    static AppDatabase of(Host host, DatabaseSpec.H2 file) {
        return new H2AppDatabase(host, file);
    }

    /**
     * A database of a server.
     *
     * @param keeper has its password
     * @param route the way to it
     * @param launch has the password too, where it is not written down yet; absent: {@code keeper} has it
     */
    static AppDatabase of(
            Host keeper, Route route, DatabaseSpec.PostgreSql server, DatabaseRules rules, @Nullable Launch launch) {
        return new PostgresAppDatabase(keeper, route, server, Optional.ofNullable(rules.migrations()), launch);
    }

    /**
     * Which database it is, by its own word: the same by whatever address, role or pooler it is reached, and after a
     * restore of Uplift's own; of a file another one after that. Empty: there is none, or it does not say.
     */
    Optional<DatabaseSeen> id() throws IOException, SQLException;

    /**
     * Whether another way leads to this very database of this very server. What the servers {@linkplain #id say of
     * themselves} would not tell: a physical copy says the same.
     */
    boolean isSame(AppDatabase other) throws IOException, SQLException;

    /**
     * Whether a node that serves works on this database, as the server's sessions or the node's open files show at this
     * moment: what its settings say proves nothing, because an application may prefer a file that nobody has read.
     */
    DatabaseUse usedBy(Node node) throws IOException, SQLException, InterruptedException;

    /** Who works on it besides us, in one line; empty: nobody does. */
    Optional<String> users() throws IOException, SQLException;

    /** Rows of the changelog: they grow while migrations run. Empty: cannot be told. */
    OptionalLong migrations() throws IOException, SQLException;

    /** The major that the data are of, by their changelog. Empty: cannot be told. */
    OptionalInt dataMajor() throws IOException, SQLException;

    /** That a migration lock is held, and by whom, in one line; empty: none is, or it cannot be told. */
    Optional<String> migrationLock() throws IOException, SQLException;
}
