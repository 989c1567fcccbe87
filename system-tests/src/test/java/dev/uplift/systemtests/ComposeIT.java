package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
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

    /** The swap-service answers over Kafka; what is known outlives the containers' stop. */
    @Test
    void itKnowsWhatItKnewAfterAStop() {
        InstallationStatus asked = register("before-the-stop");
        assertThat(asked.problem()).contains("not a directory");

        product.stop();
        product.start();

        assertThat(product.rest().installation("before-the-stop")).isEqualTo(asked);
        assertThat(register("after-the-stop").problem()).contains("not a directory");
    }

    private static InstallationStatus register(String name) {
        product.rest().register(new RegisterInstallation(name, null, null, null, "/nowhere/" + name));
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
