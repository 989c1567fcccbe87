package dev.uplift.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upgrade by hand, as the product will do it, and the way back. */
class UpgradeTest {
    private static final Duration START = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private StandInServer.Launch launch(String kind) {
        StandInServer.Launch launch = StandInServer.in(directory.resolve("app"));
        return kind.equals("h2") ? launch : Databases.on(launch, Databases.create());
    }

    private StandInReleases.StandInRelease release(String tag) {
        return StandInReleases.stamp(directory.resolve("releases"), tag);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void anUpgradeKeepsEveryAcknowledgedRowAndMigratesTheSchema(String kind) {
        StandInServer.Launch launch = launch(kind).release(release("v0.50.3"));
        try (StandInServer old = launch.start().awaitHealthy(START);
                RowWriter writer = RowWriter.start(old.uri(), "w", 0)) {
            assertThat(old.version()).contains("v0.50.3");
            Awaitility.await().until(() -> writer.acknowledgedCount() > 30);
            assertThat(old.stop()).isEqualTo(143);
            Awaitility.await().until(writer::failing);

            StandInServer upgraded = launch.release(release("v0.51.2")).start().awaitHealthy(START);
            int before = writer.acknowledgedCount();
            Awaitility.await().until(() -> writer.acknowledgedCount() > before + 10);
            RowWriter.Written written = writer.stop();

            assertThat(upgraded.version()).contains("v0.51.2");
            assertThat(upgraded.get("/api/session/properties")
                            .orElseThrow()
                            .json()
                            .path("has-user-setup")
                            .asBoolean())
                    .isTrue();
            RowCheck check = RowCheck.of(upgraded.uri(), written);
            assertThat(check.complete()).isTrue();
            assertThat(check.acknowledgedCount()).isGreaterThan(40);
            assertThat(written.longestOutage()).isBetween(Duration.ofMillis(300), Duration.ofSeconds(30));
            assertThat(StandInLedger.read(upgraded.ledger()).violations()).isEmpty();
            assertThat(StandInLedger.read(upgraded.ledger()).of("serving"))
                    .extracting(StandInLedger.Entry::version)
                    .containsExactly("v0.50.3", "v0.51.2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void theOldVersionRefusesANewerDatabaseUntilMigrateDownHasRun(String kind) {
        StandInServer.Launch launch = launch(kind).release(release("v0.51.2"));
        assertThat(launch.run("migrate", "up").exitCode()).isZero();

        launch.release(release("v0.50.3"));
        try (StandInServer old = launch.start()) {
            assertThat(old.awaitExit(START)).isEqualTo(1);
            assertThat(old.log())
                    .contains("ERROR: Downgrade detected.")
                    .contains("You must run `java -jar metabase.jar migrate down` from version 51.")
                    .contains("Metabase Initialization FAILED");
        }

        assertThat(launch.release(release("v0.51.2")).run("migrate", "down").exitCode())
                .isZero();
        try (StandInServer old = launch.release(release("v0.50.3")).start().awaitHealthy(START)) {
            assertThat(old.version()).contains("v0.50.3");
            assertThat(old.post("/api/rows", "{\"writer\":\"w\",\"number\":1}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(201);
        }
    }

    @Test
    void equalStampsHaveEqualBytesAndOtherTagsOthers() throws Exception {
        StandInReleases.StandInRelease first = release("v1.51.2");
        StandInReleases.StandInRelease again =
                StandInReleases.stamp(Files.createDirectories(directory.resolve("elsewhere")), "v1.51.2");
        assertThat(again.sha256()).isEqualTo(first.sha256()).isEqualTo(StandInReleases.sha256(again.jar()));
        assertThat(release("v0.51.2").sha256()).isNotEqualTo(first.sha256());
    }
}
