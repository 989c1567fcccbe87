/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Fence;
import dev.uplift.host.FenceToken;
import dev.uplift.host.Host;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.SagaState;
import dev.uplift.swap.site.Site;
import dev.uplift.swap.step.IdleJar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectorTest {
    private static final Host HOST = new LocalHost();
    private static final Site SITE = TestSite.of(new HostConnections(Path.of("/nonexistent"), DockerEndpoint.LOCAL));
    private static final String CANARY = "canary-p@ss/w\"rd";

    @TempDir
    Path temporary;

    private Path directory;
    private final UUID installation = UUID.randomUUID();
    private final List<Process> started = new ArrayList<>();
    private final NodeProbe probe = new NodeProbe(Duration.ofSeconds(1));

    @BeforeEach
    void canonical() throws Exception {
        directory = Files.createDirectory(temporary.toRealPath().resolve("app"));
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        probe.close();
    }

    @Test
    void plainJarIsFoundByItsDirectoryWithReferencesToItsSecrets() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        run(
                Map.of(
                        "MB_DB_TYPE", "postgres",
                        "MB_DB_HOST", "db.example",
                        "MB_DB_DBNAME", "mb",
                        "MB_DB_USER", "u",
                        "MB_DB_PASS", CANARY),
                "./metabase.jar");

        Inspection.Found found = (Inspection.Found) inspect(directory, null, null);

        assertThat(found.toString()).doesNotContain(CANARY);
        assertThat(found.running().version()).isEqualTo("v0.50.3");
        assertThat(found.installation().profile()).isEqualTo("metabase");
        assertThat(node(found).jar()).isEqualTo("metabase.jar");
        assertThat(found.installation().database())
                .isEqualTo(new DatabaseSpec.PostgreSql(
                        "db.example", 5432, "mb", "u", LaunchFile.reference(directory, "database-password")));
        assertThat(LaunchFile.read(HOST, directory).orElseThrow().secrets()).containsValue(CANARY);
        assertThat(inspect(directory, null, null)).isEqualTo(found);
    }

    @Test
    void absoluteJarPathAndPidLeadToTheSameInstallation() throws Exception {
        Path jar = IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        Process process = run(Map.of(), jar.toString());

        Inspection.Found found = (Inspection.Found) inspect(null, process.pid(), "metabase");

        assertThat(node(found).directory()).isEqualTo(directory.toString());
        assertThat(found.installation().database())
                .isEqualTo(new DatabaseSpec.H2(
                        "local", directory.resolve("metabase.db.mv.db").toString(), null, null));
        assertThat(LaunchFile.read(HOST, directory).orElseThrow().argv()).endsWith("-jar", jar.toString());
    }

    @Test
    void aJarWithItsVersionInItsNameIsWarnedAbout() throws Exception {
        IdleJar.write(directory.resolve("metabase-0.50.3.jar"), "v0.50.3");
        run(Map.of(), "metabase-0.50.3.jar");

        Inspection.Found found = (Inspection.Found) inspect(directory, null, null);

        assertThat(found.checks())
                .filteredOn(check -> check.name().equals("jar-name"))
                .singleElement()
                .satisfies(check -> {
                    assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN);
                    assertThat(check.detail()).contains("metabase-0.50.3.jar keeps this name");
                });
    }

    @Test
    void whatCannotBeRegisteredIsRefusedInOneLineAndNothingIsWritten() throws Exception {
        refuses(directory, null, null, "no process runs a JAR");
        refuses(null, 4_000_000L, null, "no process 4000000");
        Process notJava = IdleJar.run(directory, Map.of(), "sleep", "60");
        started.add(notJava);
        refuses(null, notJava.pid(), null, "runs no JAR");
        refuses(directory.resolve(".."), null, null, "plain form");
        refuses(Path.of("/no/such/directory"), null, null, "not a directory");
        Path link = Files.createSymbolicLink(directory.resolveSibling("link"), directory);
        refuses(link, null, null, "symbolic link");

        IdleJar.write(directory.resolve("metabase.jar"), "");
        Process unknown = run(Map.of(), "metabase.jar");
        refuses(directory, null, null, "no profile recognises metabase.jar");
        refuses(directory, null, "metabase", "not Metabase");
        refuses(directory, null, "no-such", "no profile 'no-such'");
        unknown.destroyForcibly().waitFor();

        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        Process mysql = run(Map.of("MB_DB_TYPE", "mysql"), "metabase.jar");
        refuses(directory, null, null, "not supported yet (mysql)");
        run(Map.of(), "metabase.jar");
        refuses(directory, null, null, "2 processes run a JAR");
        mysql.destroyForcibly().waitFor();

        assertThat(directory.resolve(".uplift")).doesNotExist();
    }

    @Test
    void whatIsNoTextInUtf8IsRefusedByItsName() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        Process process = runAs("LATIN=$(printf 'M\\374ller'); export LATIN; exec \"$@\" \"$(printf 'M\\374ller')\"");

        refuses(directory, null, null, "word 6 of its command line, its environment variable LATIN; start the");
        process.destroyForcibly().waitFor();
        assertThat(directory.resolve(".uplift")).doesNotExist();
    }

    @Test
    void whatAProcessInheritedIsWrittenDownAndWhatItWouldLoseIsSaid() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        Process process = runAs("umask 027; ulimit -n 3333; exec env app.key=1 nice -n 7 \"$@\" <metabase.jar");

        Inspection.Found found = (Inspection.Found) inspect(directory, null, null);

        assertThat(LaunchFile.read(HOST, directory).orElseThrow().inherited()).satisfies(inherited -> {
            assertThat(inherited.umask()).isEqualTo("0027");
            assertThat(inherited.nice()).isEqualTo(7);
            assertThat(inherited.limits()).containsEntry("nofile", "3333:3333");
        });
        assertThat(found.checks())
                .filteredOn(check -> check.name().equals("how-started"))
                .satisfiesExactly(
                        check -> assertThat(check.detail()).contains("its standard input"),
                        check -> assertThat(check.detail()).contains("can read app.key,"));
        process.destroyForcibly().waitFor();
        runAs("exec unshare --net \"$@\"");
        refuses(directory, null, null, "runs in another network namespace");
    }

    @Test
    void jarOutsideOfTheWorkingDirectoryAndForeignLinksAreRefused() throws Exception {
        Path other = Files.createDirectory(directory.resolveSibling("other"));
        Path jar = IdleJar.write(other.resolve("metabase.jar"), "v0.50.3");
        Process outside = run(Map.of(), jar.toString());
        refuses(directory, null, null, "only a JAR in the working directory");
        outside.destroyForcibly().waitFor();

        Files.createSymbolicLink(directory.resolve("metabase.jar"), jar);
        run(Map.of(), "metabase.jar");
        refuses(directory, null, null, "did not make");
        assertThat(directory.resolve(".uplift")).doesNotExist();
    }

    @Test
    void directoryInTheMidstOfAnotherInstallationsUpgradeIsRefused() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        run(Map.of(), "metabase.jar");
        SagaState state = SagaState.stopping(UUID.randomUUID(), UUID.randomUUID(), null, Instant.now());
        write(state);

        refuses(directory, null, null, "being upgraded as another installation");
        write(state.withOver());
        assertThat(inspect(directory, null, null)).isInstanceOf(Inspection.Found.class);
    }

    @Test
    void whatWasNotAcceptedWritesNothingAndLeavesTheFenceToItsOwner() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        run(Map.of(), "metabase.jar");
        Inspection.Found found = (Inspection.Found) inspector().inspect(asked(installation));
        assertThat(found.fenceOf()).isNull();
        assertThat(found.taken()).isNull();
        assertThat(directory.resolve(".uplift")).doesNotExist();

        assertThat(inspect(directory, null, null)).isInstanceOf(Inspection.Found.class);
        Map<String, String> before = state();
        UUID thief = UUID.randomUUID();
        Inspection.Found seen = (Inspection.Found) inspector().inspect(asked(thief));

        assertThat(seen.fenceOf()).isEqualTo(installation);
        assertThat(inspector()
                        .inspect(asked(thief).with(new Inspection.Accepted(seen.installation(), null, List.of()))))
                .isInstanceOfSatisfying(
                        Inspection.Refused.class,
                        refused -> assertThat(refused.detail()).contains("belongs to installation " + installation));
        assertThat(state()).isEqualTo(before);
        HOST.fence(directory).hold(new FenceToken(installation, 1, 0, 1, 1)).close();
    }

    @Test
    void whatChangedAfterItWasAcceptedIsNotTaken() throws Exception {
        IdleJar.write(directory.resolve("metabase.jar"), "v0.50.3");
        Process first = run(Map.of(), "metabase.jar");
        Inspection.Found found = (Inspection.Found) inspector().inspect(asked(installation));
        first.destroyForcibly().waitFor();
        run(Map.of("MB_DB_FILE", directory.resolve("other.db").toString()), "metabase.jar");

        assertThat(inspector()
                        .inspect(asked(installation)
                                .with(new Inspection.Accepted(found.installation(), null, List.of()))))
                .isInstanceOfSatisfying(
                        Inspection.Refused.class,
                        refused -> assertThat(refused.detail()).contains("on another database", "ask again"));
        assertThat(directory.resolve(".uplift")).doesNotExist();
    }

    private Map<String, String> state() throws Exception {
        Map<String, String> files = new HashMap<>();
        try (Stream<Path> all = Files.walk(directory.resolve(".uplift"))) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(file.toString(), Files.readString(file));
            }
        }
        return files;
    }

    private Inspector inspector() throws Exception {
        return new Inspector(SITE, Profiles.load(Optional.empty()), probe, CrashPoints.none());
    }

    private Inspection.Requested asked(UUID id) {
        return new Inspection.Requested(id, "it", null, "default", null, directory.toString());
    }

    private void write(SagaState state) throws Exception {
        try (Fence.Held held = HOST.fence(directory).claim(state.installationId(), null)) {
            state.write(held, directory);
        }
    }

    private void refuses(@Nullable Path where, @Nullable Long pid, @Nullable String profile, String reason)
            throws Exception {
        Inspection answer = inspect(where, pid, profile);
        assertThat(answer).isInstanceOf(Inspection.Refused.class);
        assertThat(((Inspection.Refused) answer).detail()).contains(reason).doesNotContain("\n");
    }

    private static NodeSpec.InDirectory node(Inspection.Found found) {
        return (NodeSpec.InDirectory) found.installation().nodes().getFirst();
    }

    private Inspection inspect(@Nullable Path where, @Nullable Long pid, @Nullable String profile) throws Exception {
        return Registrations.accepting(
                new Inspector(SITE, Profiles.load(Optional.empty()), probe, CrashPoints.none()),
                new Inspection.Requested(
                        installation, "it", profile, "default", pid, where == null ? null : where.toString()));
    }

    private Process run(Map<String, String> environment, String jar) throws Exception {
        return run(environment, IdleJar.java(jar));
    }

    /** Has a shell run the JAR, which is its {@code $@}. */
    private Process runAs(String script) throws Exception {
        List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        words.addAll(List.of(IdleJar.java("metabase.jar")));
        return run(Map.of("PATH", "/usr/bin:/bin"), words.toArray(String[]::new));
    }

    private Process run(Map<String, String> environment, String... words) throws Exception {
        Map<String, String> whole = new HashMap<>(environment);
        whole.put("MB_JETTY_PORT", "1");
        Process process = IdleJar.run(directory, whole, words);
        started.add(process);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> HOST.processes()
                        .find(process.pid())
                        .filter(running -> running.argv().contains("-jar")
                                && !running.argv().contains("-c")
                                && running.executable()
                                        .filter(program -> program.endsWith("/java"))
                                        .isPresent())
                        .isPresent());
        return process;
    }
}
