/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A host with systemd as PID 1 that the product reaches by SSH, and stand-ins in units there, on a PostgreSQL beside it. */
final class Units implements AutoCloseable {
    static final String OLD = "v0.50.3";

    private final Product product;
    private final String host;
    private final SystemdHosts machines;
    private final SystemdHost machine;
    private final PostgresContainer postgres;
    private final AtomicInteger ports = new AtomicInteger(3000);

    private Units(
            Product product, String host, SystemdHosts machines, SystemdHost machine, PostgresContainer postgres) {
        this.product = product;
        this.host = host;
        this.machines = machines;
        this.machine = machine;
        this.postgres = postgres;
    }

    /** Boots a host and registers it under that name. */
    static Units boot(Product product, String host) {
        SystemdHosts machines = SystemdHosts.open();
        SystemdHost machine = machines.start(host);
        Units units = new Units(product, host, machines, machine, PostgresContainer.start(machines.containers()));
        Cli.Outcome added = units.addHost(machine.fingerprint());
        assertThat(added.exit()).as("%s", added).isZero();
        return units;
    }

    SystemdHost machine() {
        return machine;
    }

    /** {@code uplift hosts add} with this key pinned, and these further words. */
    Cli.Outcome addHost(String hostKey, String... options) {
        List<String> words = new ArrayList<>(List.of("hosts", "add", host, "--address", machine.address()));
        words.addAll(List.of("--host-key", hostKey));
        words.addAll(List.of("--key-file", machines.privateKey().toString()));
        words.addAll(Arrays.asList(options));
        return Cli.of(product).run(words.toArray(String[]::new));
    }

    /** {@code uplift add} of a unit there. */
    Cli.Outcome add(String name, String unit) {
        return Cli.of(product).run("add", "--name", name, "--host", host, "--unit", unit);
    }

    /** A unit of that name that starts the old release, on a database of its own. */
    StandInOnHost standIn(String name, int port, UnaryOperator<StandInOnHost> settings) {
        postgres.createDatabase(name, name, "secret-of-" + name);
        return settings.apply(StandInOnHost.in(machine, directory(name), Dashboard.release(product, OLD))
                        .port(port)
                        .postgres(postgres.address(), PostgresContainer.PORT, name, name, "secret-of-" + name))
                .installUnit(name);
    }

    /** The same, serving and registered. */
    Installed install(String name, String faults) {
        int port = nextPort();
        standIn(name, port, standIn -> standIn.faults(faults));
        return register(name, port, postgres);
    }

    /** Of a host that lost its power: nobody tells its database server, which would keep them for hours. */
    void endSessionsBefore(String name, Instant powerOn) {
        postgres.sql("postgres", """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = '%s' AND backend_start < '%s'""".formatted(name, powerOn));
    }

    /** The same on an H2 file in its {@link #directory}. */
    Installed installOnH2(String name, String faults) {
        int port = nextPort();
        StandInOnHost.in(machine, directory(name), Dashboard.release(product, OLD))
                .port(port)
                .env("MB_DB_FILE", directory(name).resolve("metabase.db").toString())
                .faults(faults)
                .installUnit(name);
        return register(name, port, null);
    }

    private Installed register(String name, int port, @Nullable PostgresContainer database) {
        return Installed.add(
                product,
                name,
                new StandInApi(machine.http(port)),
                () -> machine.ledger(directory(name)),
                database,
                "--host",
                host,
                "--unit",
                name + ".service");
    }

    /** Starts what is in place as a person does: beside the unit, as its user and with its environment. */
    void startByHand(String name) {
        machine.exec(
                "runuser",
                "--user",
                "metabase",
                "--",
                "sh",
                "-c",
                "set -a; . \"$1\"; cd \"$2\"; exec setsid --fork java -Xmx160m -jar metabase.jar >/dev/null 2>&1 </dev/null",
                "hand",
                "/etc/default/" + name,
                directory(name).toString());
    }

    /** Ends it again. */
    void endByHand() {
        machine.exec("pkill", "--uid", "metabase", "java");
    }

    int nextPort() {
        return ports.getAndIncrement();
    }

    static Path directory(String name) {
        return Path.of("/opt", name);
    }

    StandInRelease release(String tag) {
        return Dashboard.release(product, tag);
    }

    /** By the file that the process has open. */
    String jarThatRuns(String name) {
        return machine.exec(
                        "sh",
                        "-c",
                        "set -- /proc/\"$1\"/fd/*; for f; do case $(readlink \"$f\") in */metabase.jar) sha256sum \"$f\";"
                                + " break;; esac; done",
                        "hash",
                        machine.property(name + ".service", "MainPID"))
                .output()
                .split(" ", 2)[0];
    }

    /** Nothing of the upgrade is left in the unit: it starts with the host, and again when it ends. */
    void assertAsTheOperatorHasIt(String name) {
        String unit = name + ".service";
        assertThat(machine.property(unit, "ActiveState")).isEqualTo("active");
        assertThat(machine.property(unit, "UnitFileState")).isEqualTo("enabled");
        assertThat(machine.property(unit, "Restart")).isEqualTo("always");
        assertThat(machine.property(unit, "DropInPaths")).isEmpty();
    }

    @Override
    public void close() {
        Cli.of(product).run("hosts", "remove", host);
        machines.close();
    }
}
