/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Incident;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInServer;
import dev.uplift.systemtests.Dashboard.Store;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A registered application to which nothing must happen while wrong things are asked for. */
record Bystander(Product product, Dashboard dashboard, AtomicReference<Seen> seen) {
    static final String NAME = "bad-input";
    static final Duration END_MAX = Duration.ofMinutes(2);
    static final Duration SEEN_MAX = Duration.ofSeconds(30);

    /** What the application knows of itself, and which processes it is. */
    record Seen(List<StandInLedger.Entry> ledger, List<Long> pids) {}

    private static final class Shared {
        static final Bystander INSTANCE = start(Product.shared(), NAME);
    }

    /** Runs v0.50.3 until the JVM exits. */
    static Bystander shared() {
        return Shared.INSTANCE;
    }

    static Bystander start(Product product, String name) {
        Dashboard dashboard = Dashboard.start(product, name, Store.H2, "v0.50.3", UnaryOperator.identity());
        return new Bystander(product, dashboard, new AtomicReference<>(new Seen(List.of(), List.of())));
    }

    void look() {
        seen.set(now());
    }

    /** It was neither stopped nor started since the last look, and serves. */
    void requireUntouched() {
        assertThat(now()).isEqualTo(seen.get());
        assertThat(now().pids()).hasSize(1);
        assertThat(dashboard.server().healthy()).isTrue();
    }

    private Seen now() {
        return new Seen(
                StandInLedger.read(dashboard.server().ledger()).entries(),
                StandInServer.runningIn(dashboard.server().directory()).stream()
                        .map(ProcessHandle::pid)
                        .toList());
    }

    long sagas() {
        return count("saga");
    }

    /** Those that were not refused. */
    long installations() {
        return count("installation WHERE state <> 'REFUSED'");
    }

    UpgradeRequested request(String version, URI url, @Nullable String sha256) {
        return new UpgradeRequested(
                UUID.randomUUID(), null, List.of(dashboard.name()), version, null, url, sha256, Dashboard.LIMITS);
    }

    UUID accepted(UpgradeRequested request) {
        AcceptedSagas sagas = product.rest().upgrade(request);
        assertThat(sagas.accepted()).as("%s", sagas).hasSize(1);
        return sagas.accepted().getFirst().upgradeId();
    }

    InstallationStatus registered(RegisterInstallation registration) {
        UUID id = product.rest().register(registration).id();
        return Awaitility.await("the answer to " + registration)
                .atMost(SEEN_MAX)
                .until(
                        () -> product.rest().installation(id.toString()),
                        status -> status.state() != InstallationStatus.State.REGISTERING);
    }

    Incident awaitIncident(String source, String problem) {
        return Awaitility.await("an incident about " + source + " that says " + problem)
                .atMost(SEEN_MAX)
                .until(
                        () -> product.rest().incidents().content().stream()
                                .filter(incident -> incident.source().equals(source))
                                .filter(incident -> incident.problem().contains(problem))
                                .toList(),
                        found -> !found.isEmpty())
                .getFirst();
    }

    private long count(String rows) {
        try (Connection database = product.database("orchestrator");
                Statement statement = database.createStatement();
                ResultSet counted = statement.executeQuery("SELECT count(*) FROM " + rows)) {
            counted.next();
            return counted.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The body of a request, with {@code more} before its end. */
    static String upgrade(String installation, String version, String more) {
        return "{\"installations\":[\"" + installation + "\"],\"version\":\"" + version + "\"" + more + "}";
    }
}
