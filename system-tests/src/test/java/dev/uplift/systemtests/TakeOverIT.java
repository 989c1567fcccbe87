/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.systemtests.Dashboard.Store;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An earlier release dies with upgrades in flight, and this one goes on with its databases, topics and files. */
@Tag("night")
class TakeOverIT {
    private static final String OLD = "v0.50.3";
    private static final String NEW = "v0.51.1";
    private static final String NEXT = "v0.51.2";
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final Duration END_MAX = Duration.ofMinutes(5);

    private final CountDownLatch downloading = new CountDownLatch(1);
    private final CountDownLatch download = new CountDownLatch(1);

    @Test
    void whatAnEarlierReleaseLeftInFlightIsBroughtToItsEnd() throws Exception {
        Product earlier = Product.start(EarlierRelease.build());
        Product now = earlier;
        HttpServer slow = slowDownloads(earlier);
        try (Dashboard done = Dashboard.start(earlier, "done", Store.H2, OLD, UnaryOperator.identity());
                Dashboard fetching =
                        Dashboard.start(earlier, "fetching", Store.POSTGRESQL, OLD, UnaryOperator.identity());
                Dashboard starting = Dashboard.start(
                        earlier, "starting", Store.H2, OLD, launch -> launch.faults("migration-slow@51:60s"));
                Dashboard returning = Dashboard.start(
                        earlier, "returning", Store.H2, OLD, launch -> launch.faults("migration-fails@51"));
                Dashboard soaking = Dashboard.start(earlier, "soaking", Store.H2, OLD, UnaryOperator.identity());
                Dashboard late = Dashboard.start(earlier, "late", Store.H2, OLD, UnaryOperator.identity())) {
            List<Flight> flights = new ArrayList<>();
            Flight first = begin(earlier, done, done.request(NEW));
            flights.add(first);
            UpgradeStatus before = done.awaitEnd(first.upgrade(), END_MAX);
            assertThat(before.state()).as("%s", before).isEqualTo(State.COMPLETED);
            earlier.holdAt("backup", "backup.restore.load:BEFORE:1");
            flights.add(begin(earlier, fetching, slowly(earlier, slow, fetching)));
            flights.add(begin(earlier, starting, starting.request(NEW)));
            flights.add(begin(earlier, returning, returning.request(NEW)));
            Flight soak = begin(earlier, soaking, soakingLong(earlier, soaking));
            flights.add(soak);
            assertThat(downloading.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            Awaitility.await("a migration, a way back and a soak")
                    .atMost(SOON)
                    .until(() -> StandInLedger.read(starting.server().ledger()).fired("migration-slow")
                            && earlier.isHeld("backup")
                            && earlier.rest().upgrade(soak.upgrade()).step() == StepName.SOAK);

            earlier.killSupervisor();
            earlier.killChild("kafka");
            flights.add(begin(earlier, late, late.request(NEW)));
            // One that is only told to end takes the interruption of a step for a fault of the disk, and has it tried
            // again.
            List.of("orchestrator", "artifact-service", "backup-service", "swap-service")
                    .forEach(earlier::killChild);
            assertMuchIsInFlight(earlier);

            now = earlier.startAgain(Product.root());
            now.letGo("backup");
            download.countDown();

            List<UpgradeStatus> ended = new ArrayList<>();
            for (Flight flight : flights) {
                UpgradeStatus status = now.awaitEnd(flight.upgrade(), END_MAX);
                assertEndedWell(flight, status, flight.dashboard() == returning);
                ended.add(status);
            }
            assertThat(ended.getFirst()).isEqualTo(before);
            assertNothingIsLeftOver(now, ended);
        } finally {
            slow.stop(0);
            now.close();
        }
    }

    /** One upgrade under the eyes of a writer. */
    private record Flight(Dashboard dashboard, RowWriter writer, UUID upgrade) {}

    private static Flight begin(Product product, Dashboard dashboard, UpgradeRequested request) {
        return new Flight(dashboard, dashboard.write(), product.beginUpgrade(request));
    }

    private static void assertMuchIsInFlight(Product product) throws SQLException {
        assertThat(longs(product, "orchestrator", "SELECT id FROM outbox WHERE topic LIKE 'uplift.commands.%'"))
                .as("commands that were not sent")
                .isNotEmpty();
        for (String worker : Effects.WORKERS) {
            assertThat(longs(
                            product, worker, "SELECT seq FROM work WHERE begun_at IS NOT NULL AND finished_at IS NULL"))
                    .as("commands that the %s-service was at", worker)
                    .isNotEmpty();
        }
    }

    private static void assertEndedWell(Flight flight, UpgradeStatus status, boolean back) {
        Dashboard dashboard = flight.dashboard();
        assertThat(status.state()).as("%s", status).isEqualTo(back ? State.ROLLED_BACK : State.COMPLETED);
        assertThat(dashboard.check(flight.writer()).lostCount()).isZero();
        assertThat(dashboard.version()).isEqualTo((back ? status.from() : status.to()).version());
        assertThat(dashboard.overlaps()).isEmpty();
        assertThat(starts(dashboard, NEW) + starts(dashboard, NEXT))
                .as("starts of the new version of " + dashboard.name())
                .isEqualTo(1);
        assertThat(starts(dashboard, OLD))
                .as("starts of the old version of " + dashboard.name())
                .isEqualTo(back ? 2 : 1);
    }

    /** Every transition of every upgrade once and in order, no copy that counted, no message that nobody took. */
    private static void assertNothingIsLeftOver(Product product, List<UpgradeStatus> ended)
            throws SQLException, IOException {
        try (Wire wire = new Wire(product)) {
            wire.awaitTaken();
            assertThat(wire.read(wire.all().stream()
                            .filter(topic -> topic.endsWith(".dlq"))
                            .toList()))
                    .isEmpty();
        }
        assertThat(product.rest().incidents().content()).isEmpty();
        Effects.assertEachTookNoneTwice(product, ended.size());
        Effects.assertEpochsNeverDecrease(
                product,
                ended.stream().map(status -> status.installationId().toString()).collect(Collectors.toSet()));
        try (Connection orchestrator = product.database("orchestrator")) {
            UpgradeHistory history = new UpgradeHistory(orchestrator);
            for (UpgradeStatus status : ended) {
                assertThat(status.steps()).as("%s", status).allMatch(step -> step.attempt() <= 1);
                history.assertOnceAndInOrder(status);
            }
        }
    }

    /** A server that sends very slowly until the latch opens. */
    private HttpServer slowDownloads(Product product) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            Path file = product.downloadDirectory()
                    .resolve(exchange.getRequestURI().getPath().substring(1));
            downloading.countDown();
            exchange.sendResponseHeaders(200, Files.size(file));
            try (exchange;
                    InputStream content = Files.newInputStream(file)) {
                // Fast enough that nobody gives it up.
                while (!download.await(100, TimeUnit.MILLISECONDS)) {
                    exchange.getResponseBody().write(content.readNBytes(1_000));
                    exchange.getResponseBody().flush();
                }
                content.transferTo(exchange.getResponseBody());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        return server;
    }

    private static UpgradeRequested slowly(Product product, HttpServer server, Dashboard dashboard) {
        // Nothing of it is in the store yet.
        StandInRelease target = Dashboard.release(product, NEXT);
        Path file = product.downloadDirectory().relativize(target.jar());
        return new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(dashboard.name()),
                NEXT,
                null,
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + file),
                target.sha256(),
                Dashboard.LIMITS);
    }

    private static UpgradeRequested soakingLong(Product product, Dashboard dashboard) {
        return Dashboard.request(
                product,
                dashboard.name(),
                NEW,
                new StepLimits(
                        Dashboard.LIMITS.progressDeadline(),
                        Dashboard.LIMITS.healthyDeadline(),
                        Duration.ofMinutes(2),
                        Dashboard.LIMITS.stopGrace()));
    }

    private static long starts(Dashboard dashboard, String version) {
        return StandInLedger.read(dashboard.server().ledger()).of("start").stream()
                .filter(entry -> entry.version().equals(version))
                .count();
    }

    private static List<Long> longs(Product product, String database, String query) throws SQLException {
        List<Long> found = new ArrayList<>();
        try (Connection connection = product.database(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.add(rows.getLong(1));
            }
        }
        return found;
    }
}
