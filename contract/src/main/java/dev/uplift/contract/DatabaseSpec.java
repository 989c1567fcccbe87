/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;

/** Where the application keeps its data. Passwords are references that the worker resolves. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = DatabaseSpec.H2.class, name = "h2"),
    @JsonSubTypes.Type(value = DatabaseSpec.PostgreSql.class, name = "postgresql")
})
public sealed interface DatabaseSpec {

    /** Where it is, in one word for people. Two databases at two places may have the same. */
    @JsonIgnore
    String address();

    /**
     * An H2 database in a file.
     *
     * @param host the host that holds the file
     * @param path absolute canonical path of the file, its {@code .mv.db} included
     * @param user absent: the empty user
     * @param passwordRef absent: no password
     */
    record H2(
            String host,
            String path,
            @Nullable String user,
            @Nullable String passwordRef) implements DatabaseSpec {
        public H2 {
            Checks.text(host, "database.host");
            Checks.text(path, "database.path");
            Checks.optionalText(user, "database.user");
            Checks.optionalText(passwordRef, "database.passwordRef");
        }

        @Override
        public String address() {
            return "h2:" + host + ":" + path;
        }
    }

    /**
     * A database of a PostgreSQL server.
     *
     * @param host of the server, as the one sees it that it is reached from
     * @param passwordRef absent: the server asks for none
     * @param reachedFrom the node from whose host the server is reached; absent: from the workers
     * @param searchPath in which schemas the application's tables are looked for, as PostgreSQL writes it; absent: as the
     *     server has it
     */
    record PostgreSql(
            String host,
            int port,
            String database,
            String user,
            @Nullable String passwordRef,
            @Nullable String reachedFrom,
            @Nullable String searchPath)
            implements DatabaseSpec {
        public PostgreSql {
            Checks.text(host, "database.host");
            Checks.text(database, "database.database");
            Checks.text(user, "database.user");
            Checks.optionalText(passwordRef, "database.passwordRef");
            Checks.port(port, "database.port");
            Checks.optionalText(reachedFrom, "database.reachedFrom");
            Checks.optionalText(searchPath, "database.searchPath");
        }

        /** One whose tables are where the server looks for them. */
        public PostgreSql(
                String host,
                int port,
                String database,
                String user,
                @Nullable String passwordRef,
                @Nullable String reachedFrom) {
            this(host, port, database, user, passwordRef, reachedFrom, null);
        }

        /** One that the workers reach themselves. */
        public PostgreSql(String host, int port, String database, String user, @Nullable String passwordRef) {
            this(host, port, database, user, passwordRef, null, null);
        }

        /** The same, as a node sees it. */
        public PostgreSql seenFrom(String node) {
            return new PostgreSql(host, port, database, user, passwordRef, node, searchPath);
        }

        @Override
        public String address() {
            return "postgresql:" + host + ":" + port + "/" + database;
        }
    }
}
