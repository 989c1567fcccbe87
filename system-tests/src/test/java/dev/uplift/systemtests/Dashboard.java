/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.WayBack;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** A registered stand-in dashboard in a directory of its own. */
final class Dashboard implements AutoCloseable {
    /** Short enough for tests, long enough for a busy machine. */
    static final StepLimits LIMITS = new StepLimits(
            Duration.ofSeconds(60), Duration.ofMinutes(3), Duration.ofSeconds(1), Duration.ofSeconds(45));

    /** For a version that serves, fails before it is committed, and is to be migrated down. */
    static final StepLimits DOWN_LIMITS = new StepLimits(
            LIMITS.progressDeadline(),
            LIMITS.healthyDeadline(),
            Duration.ofSeconds(6),
            LIMITS.stopGrace(),
            null,
            WayBack.MIGRATE_DOWN);

    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);

    private final Product product;
    private final String name;
    private final StandInServer server;
    private final UUID id;

    private Dashboard(Product product, String name, StandInServer server, UUID id) {
        this.product = product;
        this.name = name;
        this.server = server;
        this.id = id;
    }

    /** What its application database is. */
    enum Store {
        H2,
        POSTGRESQL
    }

    /** Starts a stand-in of that release, as if by hand, and registers it. */
    static Dashboard start(
            Product product, String name, Store store, String tag, UnaryOperator<StandInServer.Launch> launch) {
        StandInServer server =
                launch.apply(launch(product, name, store, tag)).start().awaitHealthy(HEALTHY_MAX);
        InstallationStatus registered = product.register(name, server.directory());
        return new Dashboard(product, name, server, registered.id());
    }

    /** How a stand-in of that release is started in a directory of its own, with a database of its own. */
    static StandInServer.Launch launch(Product product, String name, Store store, String tag) {
        StandInServer.Launch launch = StandInServer.in(product.applications().resolve(name))
                .release(release(product, tag))
                .java(Path.of(System.getProperty("java.home"), "bin", "java"))
                .javaOption("-Xmx160m")
                .javaOption("-XX:+UseSerialGC")
                .javaOption("-XX:TieredStopAtLevel=1")
                .env("STANDIN_LOCK_WAIT", "200ms");
        if (store == Store.POSTGRESQL) {
            product.createDatabase(name, "secret-of-" + name);
            launch.postgres("127.0.0.1", product.status().postgresPort(), name, name, "secret-of-" + name);
        }
        return launch;
    }

    static StandInRelease release(Product product, String tag) {
        return StandInReleases.stamp(
                Product.root().resolve("standin/target/standin.jar"), product.downloadDirectory(), tag);
    }

    String name() {
        return name;
    }

    UUID id() {
        return id;
    }

    StandInServer server() {
        return server;
    }

    RowWriter write(String writer) {
        return RowWriter.start(server.uri(), writer, 25);
    }

    RowWriter write() {
        return write(name);
    }

    UpgradeRequested request(String tag) {
        return request(product, name, tag);
    }

    /** Of a JAR that the product is told where to get, with its hash. */
    static UpgradeRequested request(Product product, String installation, String tag) {
        return request(product, installation, tag, LIMITS);
    }

    /** The same within other limits. */
    static UpgradeRequested request(Product product, String installation, String tag, StepLimits limits) {
        StandInRelease target = release(product, tag);
        return new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(installation),
                tag,
                null,
                product.download(target.jar()),
                target.sha256(),
                limits);
    }

    /** Asks for an upgrade over REST and returns its id. */
    UUID beginUpgrade(String tag) {
        return product.beginUpgrade(request(tag));
    }

    /** Waits until the saga is final or parked, whatever happens to the orchestrator meanwhile. */
    UpgradeStatus awaitEnd(UUID upgrade, Duration limit) {
        return product.awaitEnd(upgrade, limit);
    }

    UpgradeStatus upgrade(String tag, Duration limit) {
        return awaitEnd(beginUpgrade(tag), limit);
    }

    /** Stops the writer, once rows can be written again. */
    RowCheck check(RowWriter writer) {
        Awaitility.await(name + " to take rows again")
                .atMost(HEALTHY_MAX)
                .until(() -> server.healthy() && !writer.failing());
        return RowCheck.of(server.uri(), writer.stop());
    }

    String version() {
        return server.version().orElse("nothing");
    }

    List<String> overlaps() {
        return StandInLedger.read(server.ledger()).violations();
    }

    /** Kills it. */
    @Override
    public void close() {
        server.close();
    }
}
