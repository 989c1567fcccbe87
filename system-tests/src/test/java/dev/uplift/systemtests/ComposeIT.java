/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The services as containers, from the images of this build. */
@RequiresDocker
class ComposeIT {
    private static ComposeProduct product;

    @BeforeAll
    static void up() {
        product = ComposeProduct.up();
    }

    @AfterAll
    static void down() {
        if (product != null) {
            product.close();
        }
    }

    @Test
    void nothingRunsAsRoot() {
        for (String service : ComposeProduct.SERVICES) {
            DockerContainer container = product.container(service);
            String users = product.containers().docker().run("top", container.reference(), "-eo", "uid,pid");
            assertThat(users.lines().skip(1).map(line -> line.strip().split(" +", 2)[0]))
                    .as(service)
                    .isNotEmpty()
                    .doesNotContain("0");
        }
    }

    @Test
    void nothingListensBeyondLoopback() throws SocketException {
        List<Integer> ports = product.ports();
        List<String> addresses = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .map(address -> address.getHostAddress())
                .toList();

        assertThat(ports).allMatch(port -> answers("127.0.0.1", port));
        assertThat(addresses).isNotEmpty();
        for (String address : addresses) {
            assertThat(ports).as(address).noneMatch(port -> answers(address, port));
        }
    }

    /** And it knows what it knew. */
    @Test
    void anUpgradeGoesOnAfterAStopInTheMiddleOfIt() throws Exception {
        InstallationStatus refused = register("before-the-stop");
        assertThat(refused.problem()).contains("not a directory");
        try (StandInContainers standIns = StandInContainers.open()) {
            standIns.registry().standIn(StandInContainers.NEW);
            String name = "composed-upgrade";
            StandInContainers.Started started = standIns.startBesideDatabase(name, "");
            // So much to back up that Compose, which takes a second to begin, stops the services in the middle of it.
            standIns.postgres()
                    .sql(
                            name,
                            "SET ROLE \"" + name + "\"; CREATE TABLE ballast AS SELECT id, repeat(md5(id::text), 30)"
                                    + " AS text FROM generate_series(1, 150000) AS id");
            Awaitility.await().atMost(Duration.ofSeconds(90)).until(started.api()::healthy);
            InstallationStatus registered = register(new RegisterInstallation(
                    name,
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    standIns.containers().name(name),
                    null));
            assertThat(registered.state()).as("%s", registered).isEqualTo(InstallationStatus.State.READY);
            try (RowWriter writer = RowWriter.start(started.api().uri(), name, 25)) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> writer.acknowledgedCount() > 10);
                UUID upgrade = product.rest()
                        .upgrade(StandInContainers.request(name, StandInContainers.NEW))
                        .accepted()
                        .getFirst()
                        .upgradeId();
                Awaitility.await("the backup")
                        .atMost(Duration.ofMinutes(2))
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> product.rest().upgrade(upgrade), status -> status.step() == StepName.BACKUP);

                product.stop();
                assertThat(standIns.container(name).running()).isFalse();
                product.start();
                assertThat(product.rest().installation("before-the-stop")).isEqualTo(refused);

                UpgradeStatus ended = Awaitility.await("the end")
                        .atMost(Duration.ofMinutes(4))
                        .until(
                                () -> product.rest().upgrade(upgrade),
                                status -> status.state().isFinal());
                assertThat(ended.state()).as("%s", ended).isEqualTo(UpgradeStatus.State.COMPLETED);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(90))
                        .until(() -> started.api().healthy() && !writer.failing());
                assertThat(started.api().version()).contains(StandInContainers.NEW);
                RowCheck rows = RowCheck.of(started.api().uri(), writer.stop());
                assertThat(rows.lostCount()).as("%s", rows).isZero();
                assertThat(StandInLedger.read(started.ledger()).violations()).isEmpty();
            }
        }
    }

    private static InstallationStatus register(String name) {
        return register(new RegisterInstallation(name, null, null, null, "/nowhere/" + name));
    }

    private static InstallationStatus register(RegisterInstallation registration) {
        product.rest().register(registration);
        String name = String.valueOf(registration.name());
        return Awaitility.await("registration of " + name)
                .atMost(Duration.ofSeconds(90))
                .until(
                        () -> product.rest().installation(name),
                        status -> status.state() != InstallationStatus.State.REGISTERING);
    }

    private static boolean answers(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
