package dev.uplift.testbed.containers;

import java.time.Duration;

/** PostgreSQL 15 in the network of a test, for applications on its hosts and in its containers. */
public final class PostgresContainer {
    /** Where it listens. */
    public static final int PORT = 5432;

    /** Of the role {@code postgres}. */
    public static final String PASSWORD = "superuser-of-the-tests";

    private static final Duration START_MAX = Duration.ofSeconds(60);

    private final DockerContainer container;
    private final String address;

    private PostgresContainer(DockerContainer container, String address) {
        this.container = container;
        this.address = address;
    }

    /** Returns when it answers. */
    public static PostgresContainer start(DockerContainers containers) {
        String address = containers.network().nextAddress();
        DockerContainer container = containers.run(
                "--name",
                containers.name("postgres"),
                "--network",
                containers.network().name(),
                "--ip",
                address,
                "--user",
                "postgres",
                "--env",
                "PASSWORD=" + PASSWORD,
                "--env",
                "PGHOST=/tmp",
                DockerContainers.POSTGRES_IMAGE,
                "sh",
                "-c",
                """
                set -e
                data=/var/lib/postgresql/data
                cd /usr/lib/postgresql/*/bin
                if [ ! -e "$data/PG_VERSION" ]; then
                  printf %s "$PASSWORD" >/tmp/password
                  ./initdb --pgdata "$data" --auth scram-sha-256 --auth-local trust --pwfile /tmp/password
                  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
                fi
                exec ./postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200
                """);
        PostgresContainer postgres = new PostgresContainer(container, address);
        postgres.awaitReady();
        return postgres;
    }

    /** Its address, reached from this machine and within the network. */
    public String address() {
        return address;
    }

    /** For a role that may connect. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + address + ":" + PORT + "/" + database;
    }

    /** Creates a database and its owner, who may create databases. */
    public void createDatabase(String database, String owner, String password) {
        sql("postgres", "CREATE ROLE \"" + owner + "\" LOGIN CREATEDB PASSWORD '" + password + "'");
        sql("postgres", "CREATE DATABASE \"" + database + "\" OWNER \"" + owner + "\"");
    }

    /** What {@code psql} prints for a statement of the superuser: rows, columns apart by {@code |}. */
    public String sql(String database, String statement) {
        Docker.Result result = container.execWith(
                statement, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-");
        if (!result.ok()) {
            throw new IllegalStateException(statement + ": " + result.errors());
        }
        return result.output().strip();
    }

    public DockerContainer container() {
        return container;
    }

    private void awaitReady() {
        Waiting.until(START_MAX, this::ready, () -> "PostgreSQL does not start: " + container.logs());
    }

    private boolean ready() {
        boolean ready = container
                .exec("pg_isready", "--quiet", "--host", "127.0.0.1", "--dbname", "postgres")
                .ok();
        if (!ready && !container.running()) {
            throw new IllegalStateException("PostgreSQL does not start: " + container.logs());
        }
        return ready;
    }
}
