package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.StandInApi;
import dev.uplift.testbed.StandInReleases.StandInRelease;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Units on a host with systemd as PID 1 that the product reaches by SSH, from {@code uplift hosts add} to the rows. */
@RequiresDocker
class UnitIT {
    private static final String HOST = "unit-host";
    private static final String OLD = "v0.50.3";
    private static final String NEW = "v0.51.1";
    private static final AtomicInteger PORTS = new AtomicInteger(3000);

    private static Product product;
    private static SystemdHosts machines;
    private static SystemdHost machine;
    private static PostgresContainer postgres;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        machines = SystemdHosts.open();
        machine = machines.start("web1");
        postgres = PostgresContainer.start(machines.containers());
        Cli.Outcome added = Cli.of(product)
                .run(
                        "hosts",
                        "add",
                        HOST,
                        "--address",
                        machine.address(),
                        "--host-key",
                        machine.fingerprint(),
                        "--key-file",
                        machines.privateKey().toString());
        assertThat(added.exit()).as("%s", added).isZero();
    }

    @AfterAll
    static void shutDown() {
        Cli.of(product).run("hosts", "remove", HOST);
        machines.close();
    }

    @Test
    void anUpgradeOfAUnitKeepsEveryAcknowledgedRow() throws Exception {
        try (Installed installed = install("unit-good", "")) {
            assertThat(installed.node()).isInstanceOf(NodeSpec.Systemd.class);

            installed.upgrade(request("unit-good", NEW), State.COMPLETED);

            assertThat(jarThatRuns("unit-good")).isEqualTo(release(NEW).sha256());
            assertThat(installed.hash()).isEqualTo(release(NEW).sha256());
            assertAsTheOperatorHasIt("unit-good");
        }
    }

    @Test
    void aFailedMigrationOfAUnitComesBackWithTheOldVersionAndItsData() throws Exception {
        try (Installed installed = install("unit-broken", "migration-fails@51")) {
            UpgradeStatus ended = installed.upgrade(request("unit-broken", NEW), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.START);
            assertThat(installed.ledger().get().fired("migration-fails")).isTrue();
            assertThat(jarThatRuns("unit-broken")).isEqualTo(release(OLD).sha256());
            assertAsTheOperatorHasIt("unit-broken");
        }
    }

    private static Installed install(String name, String faults) {
        int port = PORTS.getAndIncrement();
        Path directory = Path.of("/opt", name);
        postgres.createDatabase(name, name, "secret-of-" + name);
        StandInOnHost.in(machine, directory, release(OLD))
                .port(port)
                .postgres(postgres.address(), PostgresContainer.PORT, name, name, "secret-of-" + name)
                .faults(faults)
                .installUnit(name);
        return Installed.add(
                product,
                name,
                new StandInApi(machine.http(port)),
                () -> machine.ledger(directory),
                postgres,
                "--host",
                HOST,
                "--unit",
                name + ".service");
    }

    private static UpgradeRequested request(String name, String tag) {
        StandInRelease target = release(tag);
        return new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(name),
                tag,
                null,
                product.download(target.jar()),
                target.sha256(),
                Dashboard.LIMITS);
    }

    private static StandInRelease release(String tag) {
        return Dashboard.release(product, tag);
    }

    /** By the file that the process has open. */
    private static String jarThatRuns(String name) {
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
    private static void assertAsTheOperatorHasIt(String name) {
        String unit = name + ".service";
        assertThat(machine.property(unit, "ActiveState")).isEqualTo("active");
        assertThat(machine.property(unit, "UnitFileState")).isEqualTo("enabled");
        assertThat(machine.property(unit, "Restart")).isEqualTo("always");
        assertThat(machine.property(unit, "DropInPaths")).isEmpty();
    }
}
