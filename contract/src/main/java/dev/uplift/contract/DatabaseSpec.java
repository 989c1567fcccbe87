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

    /** The same for two registrations of the same database; one saga at a time works on it. */
    @JsonIgnore
    String identity();

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
        public String identity() {
            return "h2:" + host + ":" + path;
        }
    }

    /**
     * A database of a PostgreSQL server.
     *
     * @param passwordRef absent: the server asks for none
     */
    record PostgreSql(
            String host,
            int port,
            String database,
            String user,
            @Nullable String passwordRef) implements DatabaseSpec {
        public PostgreSql {
            Checks.text(host, "database.host");
            Checks.text(database, "database.database");
            Checks.text(user, "database.user");
            Checks.optionalText(passwordRef, "database.passwordRef");
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("database.port is " + port + ", 1 to 65535 is possible");
            }
        }

        @Override
        public String identity() {
            return "postgresql:" + host + ":" + port + "/" + database;
        }
    }
}
