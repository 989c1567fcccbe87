/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where an application keeps its data, read from its own settings. No text form shows a password. */
public sealed interface DatabaseSettings {

    /**
     * An H2 database in a file.
     *
     * @param path absolute and normalised, {@code .mv.db} included
     * @param password empty: none
     */
    record H2(Path path, String user, String password) implements DatabaseSettings {
        @Override
        public String toString() {
            return "H2[path=" + path + ", user=" + user + "]";
        }
    }

    /**
     * A database of a PostgreSQL server.
     *
     * @param password absent: none is set
     * @param searchPath in which schemas the application's tables are looked for; absent: as the server has it
     */
    record PostgreSql(
            String host,
            int port,
            String database,
            String user,
            @Nullable String password,
            @Nullable String searchPath) implements DatabaseSettings {
        @Override
        public String toString() {
            return "PostgreSql[host=" + host + ", port=" + port + ", database=" + database + ", user=" + user + "]";
        }
    }

    /**
     * A database that cannot be backed up, or settings that cannot be understood.
     *
     * @param kind as far as it can be told: {@code mysql}, {@code h2}, {@code none}, {@code unknown} ...
     * @param reason one printable line for people, without secrets
     */
    record Unsupported(String kind, String reason) implements DatabaseSettings {}
}
