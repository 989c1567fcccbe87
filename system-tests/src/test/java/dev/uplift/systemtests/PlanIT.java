/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import dev.uplift.systemtests.Cli.Outcome;
import dev.uplift.systemtests.Dashboard.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** {@code uplift plan} tells what an upgrade would do, and leaves everything as it was. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlanIT {
    private static final String NAME = "planned";
    private static final Duration UPGRADE_MAX = Duration.ofMinutes(4);

    private final Product product = Product.shared();
    private final Cli uplift = Cli.of(product);
    private Dashboard dashboard;
    private Untouched before;

    /** All that a plan has no business with. */
    private record Untouched(
            FileSnapshot directory,
            Tables database,
            Tables catalogue,
            FileSnapshot artifacts,
            SortedMap<String, String> backups,
            List<Long> pids,
            List<StandInLedger.Entry> ledger) {}

    @BeforeAll
    void start() {
        dashboard = Dashboard.start(product, NAME, Store.POSTGRESQL, "v0.50.2", UnaryOperator.identity());
        assertThat(dashboard.check(dashboard.write()).lostCount()).isZero();
        UpgradeStatus ended = dashboard.upgrade("v0.50.3", UPGRADE_MAX);
        assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
        assertThat(StoredBackup.of(product, ended).directory().resolve("data")).isNotEmptyDirectory();
    }

    @AfterAll
    void close() {
        dashboard.close();
    }

    @BeforeEach
    void look() throws SQLException {
        before = now();
    }

    @AfterEach
    void nothingHasChanged() throws SQLException {
        assertThat(now()).isEqualTo(before);
    }

    @Test
    void aPlanShowsStepsSizesAndChecks() {
        StandInRelease target = Dashboard.release(product, "v0.51.1");
        Outcome outcome = plan(
                "--to", "v0.51.1", "--url", product.download(target.jar()).toString(), "--sha256", target.sha256());

        assertThat(outcome.exit()).as("%s", outcome).isZero();
        assertThat(outcome.out())
                .contains(NAME + ": v0.50.3 -> v0.51.1")
                .containsSubsequence(
                        "PREFLIGHT", "FETCH", "STAGE", "STOP", "BACKUP", "SWITCH", "START", "SOAK", "COMMIT")
                .containsPattern("FETCH +(fetch [0-9.]+ [kMG]?B|verify the artifact)")
                .containsPattern("back up [0-9.]+ [kMG]?B of PostgreSQL")
                .contains("undo: restore it")
                .containsPattern("OK\\s+path\\s+v0.50.3 to v0.51.1")
                .containsPattern("OK\\s+health")
                .containsPattern("OK\\s+disk")
                .contains("nothing was changed");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void aPlanForWhatRunsAlreadyFailsAndSaysWhy() {
        StandInRelease same = Dashboard.release(product, "v0.50.3");
        Outcome outcome =
                plan("--to", "v0.50.3", "--url", product.download(same.jar()).toString());

        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.out())
                .containsPattern("FAIL\\s+path\\s+v0.50.3 is identical")
                .contains("would be refused");
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
    }

    @Test
    void aPlanForALowerMajorFailsAndSaysWhy() {
        Outcome outcome = plan("--to", "v0.49.1");

        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.err()).contains(NAME).contains("v0.49.1").contains("lower");
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
    }

    @Test
    void aPlanWhoseArtifactIsMissingFailsAndSaysWhy() {
        String nowhere = product.download(product.downloadDirectory().resolve("v0.51.99/metabase.jar"))
                .toString();
        Outcome outcome = plan("--to", "v0.51.99", "--url", nowhere);

        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.out()).containsPattern("FAIL\\s+.*404").contains("would be refused");
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
    }

    private Outcome plan(String... options) {
        return uplift.run(
                Stream.concat(Stream.of("plan", NAME), Arrays.stream(options)).toArray(String[]::new));
    }

    private Untouched now() throws SQLException {
        try (Connection application = product.database(NAME);
                Connection server = product.database("postgres")) {
            return new Untouched(
                    FileSnapshot.of(dashboard.server().directory()),
                    Tables.of(application),
                    Tables.of(server, List.of("(SELECT datname, datdba FROM pg_database)", "(SELECT * FROM pg_roles)")),
                    FileSnapshot.of(product.home().resolve("artifacts")),
                    backups(product.home().resolve("backups")),
                    StandInServer.runningIn(dashboard.server().directory()).stream()
                            .map(ProcessHandle::pid)
                            .toList(),
                    StandInLedger.read(dashboard.server().ledger()).entries());
        }
    }

    /** Of directories without the time: a rehearsal of a restore is there for a moment. */
    private static SortedMap<String, String> backups(Path directory) {
        SortedMap<String, String> backups =
                new TreeMap<>(FileSnapshot.of(directory).entries());
        backups.replaceAll((name, entry) -> Files.isDirectory(directory.resolve(name))
                ? String.join(" ", List.of(entry.split(" ")).subList(0, 2))
                : entry);
        return backups;
    }
}
