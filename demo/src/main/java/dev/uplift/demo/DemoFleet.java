/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.demo;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.uplift.cli.Poll;
import dev.uplift.contract.api.StandaloneStatus;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Three stand-in dashboards, started by hand as an operator would: one on H2, one on PostgreSQL, and one whose
 * next version's migration fails. Each has a writer. For one thread.
 */
final class DemoFleet implements AutoCloseable {
    static final String OLD = "v0.50.3";
    static final String NEW = "v0.51.1";
    static final String H2 = "demo-h2";
    static final String POSTGRESQL = "demo-postgresql";
    static final String BROKEN = "demo-broken";

    /** How many rows each writer has acknowledged before the event is sent. */
    static final int ROWS_BEFORE = 25;

    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);
    private static final int ROWS_PER_SECOND = 50;

    /**
     * One of the three.
     *
     * @param fails whether its upgrade must be rolled back
     */
    record Member(String name, StandInServer server, RowWriter writer, boolean fails) {}

    /** What became of one of the three. */
    record Verdict(String name, RowCheck rows, Optional<String> version, List<String> overlaps) {}

    private final Path directory;
    private final Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    private final List<Member> members = new ArrayList<>();
    private @Nullable StandInRelease oldRelease;
    private @Nullable StandInRelease newRelease;
    private @Nullable HttpServer downloads;

    /** Three that are to be below {@code directory}; nothing is there yet. */
    DemoFleet(Path directory) {
        this.directory = directory;
    }

    /** Makes the releases and serves the new one. */
    void prepare(Path distribution) throws IOException {
        Path base = distribution.resolve("standin/target/standin.jar");
        Path releases = Files.createDirectories(directory.resolve("downloads"));
        oldRelease = StandInReleases.stamp(base, releases, OLD);
        newRelease = StandInReleases.stamp(base, releases, NEW);
        HttpServer server = SimpleFileServer.createFileServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                releases.toAbsolutePath(),
                SimpleFileServer.OutputLevel.NONE);
        downloads = server;
        server.start();
    }

    URI newUrl() {
        return URI.create(
                "http://127.0.0.1:" + prepared(downloads).getAddress().getPort() + "/" + NEW + "/metabase.jar");
    }

    String newSha256() {
        return prepared(newRelease).sha256();
    }

    List<Member> members() {
        return List.copyOf(members);
    }

    Path directoryOf(Member member) {
        return directory.resolve(member.name());
    }

    /** Starts the three, waits until they are healthy and starts a writer on each. */
    void start(Path home, StandaloneStatus standalone) throws IOException, SQLException {
        StandInServer h2 = launch(H2).start();
        StandInServer broken = launch(BROKEN).faults("migration-fails@51").start();
        String password = createDatabase(home, standalone);
        StandInServer postgresql = launch(POSTGRESQL)
                .postgres("127.0.0.1", standalone.postgresPort(), "demo", "demo", password)
                .start();
        join(H2, h2, false);
        join(POSTGRESQL, postgresql, false);
        join(BROKEN, broken, true);
    }

    /** Stops the writers, once rows can be written again, and asks each stand-in what it has. */
    List<Verdict> verdicts() throws InterruptedException {
        List<Verdict> verdicts = new ArrayList<>();
        for (Member member : members) {
            awaitServing(member);
            RowWriter.Written written = member.writer().stop();
            verdicts.add(new Verdict(
                    member.name(),
                    RowCheck.of(member.server().uri(), written),
                    member.server().version(),
                    StandInLedger.read(member.server().ledger()).violations()));
        }
        return verdicts;
    }

    /** Stops the downloads and the writers, but not the dashboards. */
    void release() {
        members.forEach(member -> member.writer().close());
        if (downloads != null) {
            downloads.stop(0);
        }
    }

    /** Kills the dashboards, whoever started them; nobody may be left who starts them again. */
    @Override
    public void close() {
        for (String name : List.of(H2, POSTGRESQL, BROKEN)) {
            StandInServer.endAllIn(directory.resolve(name));
        }
    }

    private static <T> T prepared(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("prepare comes first");
        }
        return part;
    }

    private StandInServer.Launch launch(String name) {
        return StandInServer.in(directory.resolve(name))
                .release(prepared(oldRelease))
                .java(java)
                // By which whoever keeps them finds them, however they were started again.
                .javaOption("-Duplift.demo=" + directory)
                .javaOption("-Xmx160m")
                .javaOption("-XX:+UseSerialGC")
                .javaOption("-XX:TieredStopAtLevel=1");
    }

    private void join(String name, StandInServer server, boolean fails) {
        server.awaitHealthy(HEALTHY_MAX);
        members.add(new Member(name, server, RowWriter.start(server.uri(), name, ROWS_PER_SECOND), fails));
    }

    private static void awaitServing(Member member) throws InterruptedException {
        Poll.until(
                HEALTHY_MAX, () -> member.server().healthy() && !member.writer().failing(), serves -> serves);
    }

    private static String createDatabase(Path home, StandaloneStatus standalone) throws IOException, SQLException {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        String password = HexFormat.of().formatHex(bytes);
        Properties credentials = new Properties();
        try (Reader reader = Files.newBufferedReader(home.resolve("run/credentials.properties"))) {
            credentials.load(reader);
        }
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + standalone.postgresPort() + "/postgres",
                        "postgres",
                        credentials.getProperty("postgres"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE demo LOGIN CREATEDB PASSWORD '" + password + "'");
            statement.execute("CREATE DATABASE demo OWNER demo");
        }
        return password;
    }
}
