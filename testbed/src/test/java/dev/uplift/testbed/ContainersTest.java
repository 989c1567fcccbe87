/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases;
import dev.uplift.testbed.containers.Docker;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.OwnEngine;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInImages;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresDocker
class ContainersTest {
    private static final Duration HEALTHY_MAX = Duration.ofMinutes(2);
    private static final String OLD = "v0.50.3";
    private static final Path DIRECTORY = Path.of("/opt/metabase");

    @TempDir
    Path temporary;

    @Tag("night")
    @Test
    void aHostIsReachedBySshWithItsKeysAndComesBackAfterAReboot() {
        try (SystemdHosts hosts = SystemdHosts.open()) {
            SystemdHost host = hosts.start("alpha");
            StandInOnHost.in(host, DIRECTORY, StandInReleases.stamp(temporary, OLD))
                    .installUnit("metabase");
            awaitHealthy(host.http(3000));
            assertThat(ssh(hosts, host, "id -un; hostname").output()).isEqualTo("root\nalpha\n");

            host.reboot();

            awaitHealthy(host.http(3000));
            assertThat(host.property("metabase.service", "User")).isEqualTo("metabase");
            assertThat(host.systemctl("--failed", "--no-legend")).isEmpty();
            StandInLedger ledger = host.ledger(DIRECTORY);
            assertThat(ledger.of("serving")).hasSize(2);
            assertThat(ledger.of("stop")).as("an orderly end").hasSize(1);
            host.changeHostKey();
            assertThat(ssh(hosts, host, "true").errors()).contains("Host key verification failed");
        }
    }

    @Tag("night")
    @Test
    void aHostThatIsCutOffAnswersNobodyUntilItIsMended() {
        try (SystemdHosts hosts = SystemdHosts.open()) {
            SystemdHost host = hosts.start("alpha");
            StandInOnHost.in(host, DIRECTORY, StandInReleases.stamp(temporary, OLD))
                    .javaOption("-Dmb.jetty.port=3001")
                    .launch();
            awaitHealthy(host.http(3001));

            host.cut();
            assertThat(host.sshAnswers()).isFalse();
            assertThat(healthy(host.http(3001))).isFalse();
            assertThat(host.read(Path.of("/etc/hostname"))).isEqualTo("alpha\n");

            host.mend();
            awaitHealthy(host.http(3001));
            assertThat(host.sshAnswers()).isTrue();
        }
    }

    @Tag("night")
    @Test
    void aStandInIsPulledFromTheRegistryByDigestAndUsesTheDatabaseOfTheNetwork() {
        try (DockerContainers containers = DockerContainers.open()) {
            PostgresContainer postgres = PostgresContainer.start(containers);
            postgres.createDatabase("dash", "dash", "secret");
            Registry registry = Registry.start(containers);
            Registry.Pushed pushed = registry.standIn(OLD);

            registry.stop();
            Docker.Result refused = containers.docker().attempt(List.of("pull", pushed.pinned()), "");
            assertThat(refused.ok()).isFalse();
            registry.start();
            DockerContainer container = containers.run(
                    "--network",
                    containers.network().name(),
                    "--publish",
                    "127.0.0.1::3000",
                    "--env",
                    "MB_DB_TYPE=postgres",
                    "--env",
                    "MB_DB_HOST=" + postgres.address(),
                    "--env",
                    "MB_DB_DBNAME=dash",
                    "--env",
                    "MB_DB_USER=dash",
                    "--env",
                    "MB_DB_PASS=secret",
                    pushed.pinned());
            awaitHealthy(URI.create("http://127.0.0.1:" + container.publishedPort(3000)));

            assertThat(postgres.sql("dash", "SELECT count(*) > 0 FROM databasechangelog"))
                    .isEqualTo("t");
            containers.docker().run("rm", "--force", container.reference());
            containers.docker().run("rmi", pushed.pinned());
        }
    }

    @Test
    void aRegistryHasTheLayersThatAnotherOneWasGivenButNotItsTags() {
        try (DockerContainers containers = DockerContainers.open()) {
            Registry.Pushed first = Registry.start(containers).standIn(OLD);
            Registry other = Registry.start(containers);

            assertThat(containers
                            .docker()
                            .attempt(List.of("pull", other.address() + "/metabase/metabase:" + OLD), "")
                            .errors())
                    .contains("manifest unknown");
            assertThat(other.standIn(OLD).digest()).isEqualTo(first.digest());
        }
    }

    @Test
    void aLockedRegistryAsksForThePassword() {
        try (DockerContainers containers = DockerContainers.open()) {
            Registry registry = Registry.startLocked(containers);
            Registry.Pushed pushed = registry.standIn(OLD);

            assertThat(containers
                            .docker()
                            .attempt(List.of("pull", pushed.pinned()), "")
                            .errors())
                    .contains("no basic auth credentials");
        }
    }

    /** As in Metabase's image, where {@code migrate down} must be one argument. */
    @Test
    void theImageHandsOnOneArgument() {
        try (DockerContainers containers = DockerContainers.open()) {
            String image = StandInImages.image(containers.docker(), OLD);
            assertThat(containers.docker().run("run", "--rm", "--label", containers.label(), image, "version"))
                    .contains("Metabase version " + OLD);
            Docker.Result two = containers
                    .docker()
                    .attempt(List.of("run", "--rm", "--label", containers.label(), image, "migrate", "print"), "");
            Docker.Result one = containers
                    .docker()
                    .attempt(List.of("run", "--rm", "--label", containers.label(), image, "migrate print"), "");
            assertThat(two.output()).isNotEqualTo(one.output());
        }
    }

    @Test
    void nothingIsLeftAfterTheTestOrAfterAKill() throws IOException, InterruptedException {
        Process killed = new ProcessBuilder("sleep", "300").start();
        String stat = Files.readString(Path.of("/proc/" + killed.pid() + "/stat"));
        String label = "dev.uplift.test=" + killed.pid() + "."
                + stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19] + ".1";
        Docker docker = Docker.ofThisMachine();
        String network = docker.run("network", "create", "--label", label, "uplift-test-left-" + killed.pid());
        String container = docker.run("create", "--label", label, "--network", network, DockerContainers.JRE_IMAGE);
        try {
            DockerContainers.open().close();
            assertThat(docker.attempt(List.of("container", "inspect", container), "")
                            .ok())
                    .as("its owner lives")
                    .isTrue();
        } finally {
            killed.destroyForcibly().waitFor();
        }

        List<String> own;
        try (DockerContainers containers = DockerContainers.open()) {
            containers.run("--network", containers.network().name(), DockerContainers.JRE_IMAGE, "sleep", "300");
            own = containers.ids();
            assertThat(own).hasSize(1);
        }

        assertThat(docker.attempt(List.of("container", "inspect", container), "")
                        .ok())
                .isFalse();
        assertThat(docker.attempt(List.of("network", "inspect", network), "").ok())
                .isFalse();
        assertThat(docker.attempt(List.of("container", "inspect", own.get(0)), "")
                        .ok())
                .isFalse();
    }

    @Tag("night")
    @Test
    @RequiresRoot
    void anEngineOfItsOwnIsKilledAndComesBackWithWhatIsToBeRestarted() {
        try (DockerContainers shared = DockerContainers.open();
                OwnEngine engine = OwnEngine.start();
                DockerContainers containers = DockerContainers.open(engine.docker())) {
            Registry.Pushed image = Registry.start(shared).standIn(OLD);
            DockerContainer always =
                    containers.run("--restart", "always", "--publish", "127.0.0.1::3000", image.pinned());
            DockerContainer no = containers.run(image.pinned());
            awaitHealthy(URI.create("http://127.0.0.1:" + always.publishedPort(3000)));
            Docker.Result foreign = shared.docker().attempt(List.of("container", "inspect", always.reference()), "");
            assertThat(foreign.ok()).as("the other engine knows it").isFalse();

            engine.kill();
            assertThat(engine.docker().attempt(List.of("ps"), "").ok()).isFalse();
            engine.powerOn();

            awaitHealthy(URI.create("http://127.0.0.1:" + always.publishedPort(3000)));
            assertThat(no.running()).isFalse();
            assertThat(Path.of("/sys/class/net/docker0"))
                    .as("of the other engine")
                    .exists();
        }
    }

    @Test
    void anEngineThatDoesNotAnswerIsNamedWithWhatToDo() {
        assertThatThrownBy(() -> DockerContainers.open(Docker.at("unix://" + temporary.resolve("none.sock"))))
                .hasMessageContaining("no Docker Engine answers")
                .hasMessageContaining("scripts/test");
    }

    private Docker.Result ssh(SystemdHosts hosts, SystemdHost host, String command) {
        try {
            Path known = temporary.resolve("known_hosts");
            Files.writeString(known, host.knownHostsLine() + "\n");
            List<String> words = new ArrayList<>(List.of("ssh", "-F", "none", "-o", "BatchMode=yes"));
            words.addAll(List.of("-o", "UserKnownHostsFile=" + known, "-o", "StrictHostKeyChecking=yes"));
            words.addAll(
                    List.of("-o", "ConnectTimeout=10", "-i", hosts.privateKey().toString()));
            words.addAll(List.of("root@" + host.address(), command));
            Process process = new ProcessBuilder(words).start();
            String output =
                    new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            String errors =
                    new String(process.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            return new Docker.Result(process.waitFor(), output, errors);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void awaitHealthy(URI server) {
        await("health of " + server)
                .atMost(HEALTHY_MAX)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> healthy(server));
    }

    private static boolean healthy(URI server) {
        try {
            HttpClient http = HttpClient.newBuilder()
                    .connectTimeout(Duration.ofSeconds(2))
                    .build();
            HttpRequest request = HttpRequest.newBuilder(server.resolve("/api/health"))
                    .timeout(Duration.ofSeconds(3))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
