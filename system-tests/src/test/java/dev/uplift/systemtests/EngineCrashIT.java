/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInLedger;
import dev.uplift.testbed.RequiresRoot;
import dev.uplift.testbed.Sample;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.EngineFront;
import dev.uplift.testbed.containers.EngineFront.Moment;
import dev.uplift.testbed.containers.OwnEngine;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * kill -9 of the Docker Engine before and after each thing that an upgrade asks of it, on the way forward and on the way
 * back. It is started again at once, and then stops the containers that it finds and starts those that it is to restart.
 * Each kill must have happened, and each run must end in a state of oracle I1, with I2, I3 and I5; one that is parked
 * must go on when it is told to. The table is printed at the end.
 */
@RequiresDocker
@RequiresRoot
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineCrashIT {
    private static final Duration END_MAX = Duration.ofMinutes(4);
    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);
    private static final String HOST = "engine-host";

    private final Product product = Product.shared();
    private final AtomicReference<@Nullable Trap> armed = new AtomicReference<>();
    private final List<String> table = new ArrayList<>();
    private StandInContainers elsewhere;
    private OwnEngine engine;
    private DockerContainers containers;
    private EngineFront front;
    private Registry.Pushed next;
    private int number;

    @BeforeAll
    void open() {
        elsewhere = StandInContainers.open();
        next = elsewhere.registry().standIn(StandInContainers.NEW);
        engine = OwnEngine.start();
        containers = DockerContainers.open(engine.docker());
        engine.docker().run("pull", "--quiet", elsewhere.old().reference());
        front = EngineFront.open(engine.socket(), (request, moment) -> {
            Trap trap = armed.get();
            return trap == null || trap.passes(request, moment);
        });
        Cli.Outcome added = Cli.of(product)
                .run(
                        "hosts",
                        "add",
                        HOST,
                        "--docker-url",
                        front.url().toString(),
                        "--ca-file",
                        front.ca().toString(),
                        "--cert-file",
                        front.certificate().toString(),
                        "--key-file",
                        front.key().toString());
        assertThat(added.exit()).as("%s", added).isZero();
    }

    @AfterAll
    void close() {
        System.out.println("\nkill -9 of the Docker Engine: " + table.size() + " kills\n" + String.join("\n", table));
        front.close();
        containers.close();
        engine.close();
        elsewhere.close();
    }

    /** Where the upgrade goes if nobody kills anything. */
    private enum Course {
        FORWARD,
        BACK
    }

    /**
     * When the engine is killed.
     *
     * @param request the n-th of this kind; absent: as soon as the step is seen to run
     */
    record Kill(Course course, StepName step, @Nullable String request, int occurrence, Moment moment) {
        @Override
        public String toString() {
            return course + " " + step + (request == null ? "" : " " + moment + " " + request);
        }
    }

    /** Every nineteenth; all of them take a quarter of an hour. */
    static List<Kill> everyNth() {
        List<Kill> kills = new ArrayList<>();
        kills.add(new Kill(Course.FORWARD, StepName.PREFLIGHT, null, 1, Moment.BEFORE));
        kills.add(new Kill(Course.FORWARD, StepName.BACKUP, null, 1, Moment.BEFORE));
        kills.add(new Kill(Course.FORWARD, StepName.START, null, 1, Moment.BEFORE));
        kills.add(new Kill(Course.FORWARD, StepName.SOAK, null, 1, Moment.BEFORE));
        for (Moment moment : Moment.values()) {
            add(kills, moment, Course.FORWARD, StepName.STAGE, "POST /images/create", 1);
            add(kills, moment, Course.FORWARD, StepName.STAGE, "POST /containers/create", 1);
            add(kills, moment, Course.FORWARD, StepName.STAGE, "DELETE /containers/ID", 1);
            add(kills, moment, Course.FORWARD, StepName.STOP, "POST /containers/ID/update", 1);
            add(kills, moment, Course.FORWARD, StepName.STOP, "POST /containers/ID/kill", 1);
            add(kills, moment, Course.FORWARD, StepName.SWITCH, "POST /containers/ID/rename", 1);
            add(kills, moment, Course.FORWARD, StepName.SWITCH, "POST /containers/create", 2);
            add(kills, moment, Course.FORWARD, StepName.START, "POST /containers/ID/start", 1);
            add(kills, moment, Course.FORWARD, StepName.COMMIT, "POST /containers/ID/update", 2);
            add(kills, moment, Course.BACK, StepName.SWITCH, "DELETE /containers/ID", 2);
            add(kills, moment, Course.BACK, StepName.SWITCH, "POST /containers/ID/rename", 2);
            add(kills, moment, Course.BACK, StepName.STOP, "POST /containers/ID/start", 2);
            add(kills, moment, Course.BACK, StepName.STOP, "POST /containers/ID/update", 2);
        }
        return Sample.of(kills, 19);
    }

    private static void add(
            List<Kill> kills, Moment moment, Course course, StepName step, String request, int occurrence) {
        kills.add(new Kill(course, step, request, occurrence, moment));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everyNth")
    void aRunWithAKillOfTheEngineEndsWell(Kill kill) throws Exception {
        String name = "engine-" + ++number;
        Running running = install(name, kill.course() == Course.BACK ? "migration-fails@51" : "");
        String origin =
                containers.named(containers.name(name)).inspect().path("Id").asText();
        engine.docker().attempt(List.of("rmi", next.pinned()), "");
        Instant begun = Instant.now();
        Trap trap = new Trap(engine, kill);
        try (RowWriter writer = RowWriter.start(running.api().uri(), name, 25)) {
            Awaitility.await("rows").atMost(HEALTHY_MAX).until(() -> writer.acknowledgedCount() > 10);
            Effects.forget(product);
            armed.set(trap);
            UUID upgrade = product.beginUpgrade(StandInContainers.request(name, StandInContainers.NEW));
            if (kill.request() == null) {
                Awaitility.await("step " + kill.step())
                        .atMost(END_MAX)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> product.rest().upgrade(upgrade), status -> status.step() == kill.step());
                trap.fire();
            }
            UpgradeStatus ended = product.awaitEnd(upgrade, END_MAX);
            String course = ended.state().toString();
            assertThat(trap.fired()).as("the kill happened").isTrue();
            trap.awaitPower();
            armed.set(null);
            if (ended.state() == State.PARKED) {
                String why = Objects.requireNonNull(ended.failure()).detail();
                assertParked(name);
                assertThat(Cli.of(product).run("retry", name, "--no-wait").exit())
                        .isZero();
                ended = product.awaitEnd(upgrade, END_MAX);
                course += " (" + why + "), then " + ended.state();
            } else if (ended.state() == State.ROLLED_BACK && kill.course() == Course.FORWARD) {
                course += " (" + Objects.requireNonNull(ended.failure()).detail() + ")";
            }
            table.add(String.format(
                    "%-62s %s, %d s",
                    kill, course, Duration.between(begun, Instant.now()).toSeconds()));

            assertThat(ended.state()).as("%s", ended).matches(State::isFinal);
            if (kill.course() == Course.BACK) {
                assertThat(ended.state()).isEqualTo(State.ROLLED_BACK);
            }
            Awaitility.await(name + " to take rows again")
                    .atMost(HEALTHY_MAX)
                    .until(() -> running.api().healthy() && !writer.failing());
            assertThat(running.api().version())
                    .contains((ended.state() == State.COMPLETED ? ended.to() : ended.from()).version());
            RowCheck rows = RowCheck.of(running.api().uri(), writer.stop());
            assertThat(rows.lostCount()).as("%s", rows).isZero();
            assertOneIsUp(name, ended.state() == State.ROLLED_BACK, origin);
            assertTheBackupIsWhatTheStartsFound(ended, running.ledger());
            assertThat(StandInLedger.read(running.ledger()).violations()).isEmpty();
        } finally {
            armed.set(null);
            trap.awaitPower();
            Cli.of(product).run("remove", name);
            containers.ids().forEach(id -> engine.docker().attempt(List.of("rm", "--force", "--volumes", id), ""));
        }
    }

    /** I1, parked: nothing of it runs, and nothing starts it. */
    private void assertParked(String name) {
        assertThat(product.rest().installation(name).state()).isNotEqualTo(InstallationStatus.State.REGISTERING);
        assertThat(containers.ids()).isNotEmpty().allSatisfy(id -> {
            JsonNode container = containers.named(id).inspect();
            assertThat(container.at("/State/Running").asBoolean()).isFalse();
            assertThat(container.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("no");
        });
    }

    private void assertOneIsUp(String name, boolean rolledBack, String origin) {
        JsonNode up = containers.named(containers.name(name)).inspect();
        assertThat(up.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("always");
        assertThat(up.path("Id").asText().equals(origin)).isEqualTo(rolledBack);
        assertThat(containers.ids().stream().filter(id -> containers.named(id).running()))
                .hasSize(1);
    }

    /** I3: whatever starts after the backup finds what is in it. */
    private void assertTheBackupIsWhatTheStartsFound(UpgradeStatus ended, Path ledger) throws Exception {
        if (ended.backup() == null) {
            return;
        }
        Instant since = ended.backup().takenAt();
        List<StandInLedger.Entry> found = StandInLedger.read(ledger).of("found").stream()
                .filter(entry -> entry.at().isAfter(since))
                .toList();
        String rows = StoredBackup.of(product, ended)
                .rows(elsewhere.postgres().address(), PostgresContainer.PORT, PostgresContainer.PASSWORD);
        assertThat(found).isNotEmpty();
        assertThat(found.getFirst().detail()).isEqualTo(rows);
        if (ended.state() == State.ROLLED_BACK) {
            assertThat(found.stream()
                            .filter(entry -> entry.version().equals(ended.from().version()))
                            .findFirst()
                            .orElseThrow()
                            .detail())
                    .isEqualTo(rows);
        }
    }

    /** One that is registered. */
    private record Running(StandInApi api, Path ledger) {}

    /** In the network of the machine, which an engine of its own cannot keep apart; its database is on the other engine. */
    private Running install(String name, String faults) {
        int port = StandInContainers.freePort();
        Path ledger = elsewhere.ledger(name);
        elsewhere.postgres().createDatabase(name, name, "secret-of-" + name);
        containers.run(
                "--name",
                containers.name(name),
                "--network",
                "host",
                "--restart",
                "always",
                "--volume",
                ledger.getParent() + ":/ledger",
                "--env",
                "STANDIN_LEDGER=/ledger/ledger.jsonl",
                "--env",
                "STANDIN_LOCK_WAIT=200ms",
                "--env",
                "STANDIN_FAULTS=" + faults,
                "--env",
                "JAVA_OPTS=-Xmx160m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                "--env",
                "MB_JETTY_HOST=127.0.0.1",
                "--env",
                "MB_JETTY_PORT=" + port,
                "--env",
                "MB_DB_TYPE=postgres",
                "--env",
                "MB_DB_HOST=" + elsewhere.postgres().address(),
                "--env",
                "MB_DB_PORT=" + PostgresContainer.PORT,
                "--env",
                "MB_DB_DBNAME=" + name,
                "--env",
                "MB_DB_USER=" + name,
                "--env",
                "MB_DB_PASS=secret-of-" + name,
                elsewhere.old().reference());
        StandInApi api = new StandInApi(URI.create("http://127.0.0.1:" + port));
        Installed.add(
                product,
                name,
                api,
                () -> StandInLedger.read(ledger),
                elsewhere.postgres(),
                "--host",
                HOST,
                "--container",
                containers.name(name));
        return new Running(api, ledger);
    }

    /** Kills the engine once, and starts it again. */
    private static final class Trap {
        private final OwnEngine engine;
        private final Kill kill;
        private final AtomicInteger seen = new AtomicInteger();
        private final CompletableFuture<Boolean> powered = new CompletableFuture<>();
        private volatile boolean fired;

        Trap(OwnEngine engine, Kill kill) {
            this.engine = engine;
            this.kill = kill;
        }

        boolean passes(String request, Moment moment) {
            if (kill.request() == null || moment != kill.moment() || !matches(request)) {
                return true;
            }
            if (seen.incrementAndGet() != kill.occurrence()) {
                return true;
            }
            fire();
            return false;
        }

        private boolean matches(String request) {
            String pattern = Stream.of(Objects.requireNonNull(kill.request()).split(" /", 2))
                    .map(Pattern::quote)
                    .reduce((verb, path) -> verb + " /v[0-9.]+/" + path)
                    .orElseThrow()
                    .replace("ID", "\\E[0-9a-f]{64}\\Q");
            return request.matches(pattern + "(\\?.*)?");
        }

        synchronized void fire() {
            if (!fired) {
                fired = true;
                engine.kill();
                Thread.ofPlatform().start(() -> {
                    try {
                        engine.powerOn();
                        powered.complete(true);
                    } catch (RuntimeException e) {
                        powered.completeExceptionally(e);
                    }
                });
            }
        }

        boolean fired() {
            return fired;
        }

        /** Waits until it is on again, if it was killed. */
        void awaitPower() throws Exception {
            if (fired) {
                assertThat(powered.get(90, TimeUnit.SECONDS)).isTrue();
            }
        }
    }
}
