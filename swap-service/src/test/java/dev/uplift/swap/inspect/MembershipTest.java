/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import dev.uplift.swap.step.IdleJar;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be another node of an installation is found out on its host, and by asking the server. */
class MembershipTest {
    private static final String VERSION = "v0.50.3";
    private static final LocalHost HOST = new LocalHost();
    private static final Site SITE = TestSite.of(new HostConnections(Path.of("/nonexistent"), DockerEndpoint.LOCAL));
    private static EmbeddedPostgres postgres;

    @TempDir
    Path temporary;

    private final UUID installation = UUID.randomUUID();
    private final List<Process> started = new ArrayList<>();
    private final NodeProbe probe = new NodeProbe(Duration.ofSeconds(1));

    @BeforeAll
    static void serve() throws Exception {
        postgres = EmbeddedPostgres.builder().start();
        execute("CREATE DATABASE other");
    }

    @AfterAll
    static void serveNoMore() throws Exception {
        postgres.close();
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        probe.close();
    }

    @Test
    void aSecondNodeJoinsByAnotherNameOfTheSameServer() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));

        Inspection.Found both = found(inspect(run("two", VERSION, "localhost", "postgres"), first));

        assertThat(both.installation().nodes()).extracting(NodeSpec::name).containsExactly("node-1", "node-2");
        assertThat(both.installation().nodes().getFirst())
                .isEqualTo(first.installation().nodes().getFirst());
        assertThat(both.installation().database())
                .isEqualTo(first.installation().database());
        assertThat(both.running()).isEqualTo(first.running());
        assertThat(LaunchFile.of(temporary.toRealPath().resolve("two"))).exists();
    }

    @Test
    void whatIsANodeAlreadyIsRefused() throws Exception {
        Path one = run("one", VERSION, "127.0.0.1", "postgres");
        Inspection.Found first = found(inspect(one, null));

        assertThat(refusal(inspect(one, first))).isEqualTo("it is node-1 of it already");
    }

    @Test
    void whatWorksOnAnotherDatabaseIsRefusedAndNothingIsWritten() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));
        Path two = run("two", VERSION, "127.0.0.1", "other");

        assertThat(refusal(inspect(two, first))).contains("another database than it", "/other", "/postgres");
        assertThat(two.resolve(".uplift")).doesNotExist();
    }

    @Test
    void whatRunsAnotherVersionOrAnotherJarOfItIsRefused() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));

        assertThat(refusal(inspect(run("two", "v0.50.4", "127.0.0.1", "postgres"), first)))
                .contains("it runs v0.50.4, it runs v0.50.3", "bring it to that version first");
        Inspection.Found other = new Inspection.Found(
                installation,
                first.installation(),
                new Release(VERSION, first.running().edition(), "0".repeat(64), null),
                List.of());
        assertThat(refusal(inspect(run("three", VERSION, "127.0.0.1", "postgres"), other)))
                .contains("another JAR or image of v0.50.3", "give it what they run");
    }

    @Test
    void theDatabaseOfAnotherInstallationByAnotherNameIsToldByALock() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));
        Path two = run("two", VERSION, "localhost", "postgres");
        Inspection.Requested asked =
                new Inspection.Requested(UUID.randomUUID(), "thief", "metabase", "default", null, two.toString());
        Inspector inspector = new Inspector(SITE, Profiles.load(Optional.empty()), probe, CrashPoints.none());
        Inspection.Found seen = found(inspector.inspect(asked));
        assertThat(seen.database()).isEqualTo(first.database());

        assertThat(refusal(inspector.inspect(
                        asked.with(new Inspection.Accepted(seen.installation(), null, List.of(first.installation()))))))
                .contains("is that of installation it by another name");
        assertThat(two.resolve(".uplift")).doesNotExist();
        InstallationSpec other = first.installation()
                .withDatabase(new DatabaseSpec.PostgreSql(
                        "127.0.0.1", postgres.getPort(), "other", "postgres", password(first)));
        assertThat(found(inspector.inspect(
                                asked.with(new Inspection.Accepted(seen.installation(), null, List.of(other)))))
                        .database())
                .isEqualTo(Objects.requireNonNull(seen.database()).apartFrom(List.of(installation)));
    }

    @Test
    void aDatabaseThatDoesNotSayAnyMoreWhichItIsIsRefusedAndNothingIsWritten() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));
        execute("CREATE DATABASE away");
        Path two = run("two", VERSION, "127.0.0.1", "away");
        Inspection.Requested asked =
                new Inspection.Requested(UUID.randomUUID(), "late", "metabase", "default", null, two.toString());
        Inspector inspector = new Inspector(SITE, Profiles.load(Optional.empty()), probe, CrashPoints.none());
        Inspection.Found seen = found(inspector.inspect(asked));
        execute("ALTER DATABASE away ALLOW_CONNECTIONS false");

        assertThat(refusal(inspector.inspect(
                        asked.with(new Inspection.Accepted(seen.installation(), null, List.of(first.installation()))))))
                .contains("does not say any more which it is", "that of installation it; ask again");
        assertThat(two.resolve(".uplift")).doesNotExist();
    }

    private static void execute(String sql) throws Exception {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static @Nullable String password(Inspection.Found found) {
        return ((DatabaseSpec.PostgreSql) found.installation().database()).passwordRef();
    }

    @Test
    void anH2DatabaseHasOneNode() throws Exception {
        Inspection.Found first = found(inspect(run("one", VERSION, "127.0.0.1", "postgres"), null));
        InstallationSpec onH2 = first.installation()
                .withDatabase(new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/metabase.db.mv.db", null, null));

        assertThat(refusal(inspect(
                        run("two", VERSION, "127.0.0.1", "postgres"),
                        new Inspection.Found(installation, onH2, first.running(), List.of()))))
                .contains("H2", "one node alone");
    }

    private static Inspection.Found found(Inspection answer) {
        assertThat(answer).isInstanceOf(Inspection.Found.class);
        return (Inspection.Found) answer;
    }

    private static String refusal(Inspection answer) {
        assertThat(answer).isInstanceOf(Inspection.Refused.class);
        return ((Inspection.Refused) answer).detail();
    }

    private Inspection inspect(Path where, Inspection.@Nullable Found joins) throws Exception {
        return Registrations.accepting(
                new Inspector(SITE, Profiles.load(Optional.empty()), probe, CrashPoints.none()),
                new Inspection.Requested(
                        installation,
                        "it",
                        "metabase",
                        "default",
                        null,
                        where.toString(),
                        null,
                        null,
                        null,
                        null,
                        joins == null ? null : new Inspection.Joining(joins.installation(), joins.running())));
    }

    /** An application in a directory of that name, which works on a database of the server. */
    private Path run(String name, String version, String server, String database) throws Exception {
        Path directory = Files.createDirectory(temporary.toRealPath().resolve(name));
        Path jar = temporary.resolve(version + ".jar");
        if (!Files.exists(jar)) {
            IdleJar.write(jar, version);
        }
        Files.copy(jar, directory.resolve("metabase.jar"));
        Map<String, String> environment = new HashMap<>(Map.of(
                "MB_DB_TYPE", "postgres",
                "MB_DB_HOST", server,
                "MB_DB_PORT", Integer.toString(postgres.getPort()),
                "MB_DB_DBNAME", database,
                "MB_DB_USER", "postgres",
                "MB_DB_PASS", "postgres",
                "MB_JETTY_PORT", "1"));
        Process process = IdleJar.run(directory, environment, IdleJar.java("metabase.jar"));
        started.add(process);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> HOST.processes()
                        .find(process.pid())
                        .filter(running -> running.jar().isPresent())
                        .isPresent());
        return directory;
    }
}
