/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInLedger;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A container that Docker Compose made is upgraded and stays compose's. */
@RequiresDocker
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ComposeProjectIT {
    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);
    private static final String NAME = "container-composed";

    @TempDir
    private static Path directory;

    private StandInContainers standIns;
    private Compose compose;
    private Path file;
    private StandInApi api;

    @BeforeAll
    void open() throws IOException {
        standIns = StandInContainers.open();
        standIns.registry().standIn(StandInContainers.NEW);
        standIns.registry().standIn("v0.51.2");
        DockerContainers containers = standIns.containers();
        file = directory.resolve("docker-compose.yml");
        compose = Compose.in(directory, containers.docker(), "--project-name", containers.name("project"));
        int port = StandInContainers.freePort();
        api = new StandInApi(URI.create("http://127.0.0.1:" + port));
        standIns.postgres().createDatabase(NAME, NAME, "secret-of-" + NAME);
        Files.writeString(file, """
            # What compose runs here.
            services:
              metabase:
                image: <IMAGE>
                container_name: <CONTAINER>
                restart: always
                labels: ["<LABEL>"]
                ports: ["127.0.0.1:<PORT>:3000"]
                volumes: ["<LEDGER>:/ledger"]
                environment:
                  STANDIN_LEDGER: /ledger/ledger.jsonl
                  STANDIN_LOCK_WAIT: 200ms
                  JAVA_OPTS: -Xmx160m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
                  MB_DB_TYPE: postgres
                  MB_DB_HOST: <SERVER>
                  MB_DB_PORT: 5432
                  MB_DB_DBNAME: <NAME>
                  MB_DB_USER: <NAME>
                  MB_DB_PASS: secret-of-<NAME>
            networks:
              default:
                external: true
                name: <NETWORK>
            """.replace("<IMAGE>", standIns.old().reference())
                .replace("<CONTAINER>", containers.name(NAME))
                .replace("<LABEL>", containers.label())
                .replace("<PORT>", Integer.toString(port))
                .replace("<LEDGER>", String.valueOf(standIns.ledger(NAME).getParent()))
                .replace("<SERVER>", containers.name("postgres"))
                .replace("<NETWORK>", containers.network().name())
                .replace("<NAME>", NAME));
    }

    @AfterAll
    void close() {
        standIns.close();
    }

    @Test
    void composeFindsTheUpgradedContainerAndTakesItOverWhenItsFileSaysTheNewImage() throws Exception {
        compose.run("up", "--detach");
        Installed installed = Installed.add(
                standIns.product(),
                NAME,
                api,
                () -> StandInLedger.read(standIns.ledger(NAME)),
                standIns.postgres(),
                "--container",
                standIns.containers().name(NAME));

        installed.upgrade(StandInContainers.request(NAME, StandInContainers.NEW), State.COMPLETED);

        String upgraded = id();
        assertThat(compose.run("ps", "--quiet", "metabase").strip()).isEqualTo(upgraded);
        assertThat(Cli.of(standIns.product()).run("status", NAME).out())
                .contains("WARN compose: ")
                .contains("write image: " + image(StandInContainers.NEW) + " for it in " + file);

        compose.run("up", "--detach");
        assertThat(id()).as("a file that is unchanged is not taken as a reason").isEqualTo(upgraded);

        Files.writeString(
                file, Files.readString(file).replace(standIns.old().reference(), image(StandInContainers.NEW)));
        compose.run("up", "--detach");
        Awaitility.await("compose's own start").atMost(HEALTHY_MAX).until(api::healthy);
        assertThat(api.version()).contains(StandInContainers.NEW);

        String before = Files.readString(file);
        Cli.Outcome outcome =
                Cli.of(standIns.product()).run("upgrade", NAME, "--to", "v0.51.2", "--update-compose-file");
        assertThat(outcome.exit()).as("%s", outcome).isZero();
        assertThat(outcome.err()).contains("wrote image: " + image("v0.51.2") + " instead of ");
        assertThat(file).hasContent(before.replace(image(StandInContainers.NEW), image("v0.51.2")));
        assertThat(compose.run("ps", "--quiet", "metabase").strip()).isEqualTo(id());

        compose.run("up", "--detach");
        Awaitility.await("compose's own start").atMost(HEALTHY_MAX).until(api::healthy);
        assertThat(api.version()).contains("v0.51.2");
        String recreated = id();
        compose.run("up", "--detach");
        assertThat(id()).isEqualTo(recreated);
    }

    private String id() {
        return standIns.inspect(NAME).path("Id").asText();
    }

    private String image(String tag) {
        return standIns.old().repository() + ":" + tag;
    }
}
