/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import org.testcontainers.containers.wait.strategy.Wait;

/**
 * PostgreSQL 15 in the network of a test, for applications on its hosts and in its containers. Testcontainers' own
 * {@code PostgreSQLContainer} needs the entry point of the image {@code postgres}, which cannot be pulled.
 */
public final class PostgresContainer {
    /** Where it listens. */
    public static final int PORT = 5432;

    /** Of the role {@code postgres}. */
    public static final String PASSWORD = "superuser-of-the-tests";

    private final NetworkContainer container;

    private PostgresContainer(NetworkContainer container) {
        this.container = container;
    }

    /** Returns when it answers, within a minute. */
    public static PostgresContainer start(DockerContainers containers) {
        NetworkContainer container = new NetworkContainer(containers, DockerContainers.POSTGRES_IMAGE, "postgres")
                .withCreateContainerCmdModifier(command -> command.withUser("postgres"))
                .withEnv("PASSWORD", PASSWORD)
                .withEnv("PGHOST", "/tmp")
                .withCommand("sh", "-c", """
                        set -e
                        data=/var/lib/postgresql/data
                        cd /usr/lib/postgresql/*/bin
                        printf %s "$PASSWORD" >/tmp/password
                        ./initdb --pgdata "$data" --auth scram-sha-256 --auth-local trust --pwfile /tmp/password
                        echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
                        exec ./postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200
                        """)
                .waitingFor(Wait.forLogMessage(".*database system is ready to accept connections.*", 1));
        container.start();
        return new PostgresContainer(container);
    }

    /** Its address, reached from this machine and within the network. */
    public String address() {
        return container.address();
    }

    /** For a role that may connect. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + address() + ":" + PORT + "/" + database;
    }

    /** Creates a database and its owner, who may create databases. */
    public void createDatabase(String database, String owner, String password) {
        sql("postgres", "CREATE ROLE \"" + owner + "\" LOGIN CREATEDB PASSWORD '" + password + "'");
        sql("postgres", "CREATE DATABASE \"" + database + "\" OWNER \"" + owner + "\"");
    }

    /** What {@code psql} prints for a statement of the superuser: rows, columns apart by {@code |}. */
    public String sql(String database, String statement) {
        Docker.Result result = container.exec(
                "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement);
        if (!result.ok()) {
            throw new IllegalStateException(statement + ": " + result.errors());
        }
        return result.output().strip();
    }
}
