/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.systemtests.Dashboard.Store;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the product is for, from REST to the rows in the application. */
class UpgradeIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);

    private final Product product = Product.shared();

    @ParameterizedTest
    @EnumSource
    void anUpgradeKeepsEveryAcknowledgedRow(Store store) {
        String name = "good-" + store.name().toLowerCase(Locale.ROOT);
        try (Dashboard dashboard = Dashboard.start(product, name, store, "v0.50.3", UnaryOperator.identity());
                RowWriter writer = dashboard.write()) {
            UpgradeStatus ended = dashboard.upgrade("v0.51.1", END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
            assertThat(dashboard.version()).isEqualTo("v0.51.1");
            assertThat(dashboard.check(writer).lostCount()).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            assertThat(ended.outageBeganAt()).isNotNull();
            assertThat(ended.outageEndedAt()).isAfter(ended.outageBeganAt());
            assertThat(ended.backup()).isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFailedMigrationComesBackWithTheOldVersionAndItsData(Store store) {
        String name = "broken-" + store.name().toLowerCase(Locale.ROOT);
        try (Dashboard dashboard = Dashboard.start(
                        product, name, store, "v0.50.3", launch -> launch.faults("migration-fails@51"));
                RowWriter writer = dashboard.write()) {
            UpgradeStatus ended = dashboard.upgrade("v0.51.1", END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(State.ROLLED_BACK);
            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.START);
            assertThat(dashboard.version()).isEqualTo("v0.50.3");
            assertThat(dashboard.check(writer).lostCount()).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            assertThat(ended.steps())
                    .filteredOn(step -> step.step() == StepName.BACKUP)
                    .extracting(StepStatus::state)
                    .containsExactly(StepState.UNDONE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aVersionThatServedAndFailedIsMigratedDownAndWhatItTookInStays(Store store) {
        String name = "down-" + store.name().toLowerCase(Locale.ROOT);
        try (Dashboard dashboard = Dashboard.start(
                        product, name, store, "v0.50.3", launch -> launch.faults("crash-after-healthy@51"));
                RowWriter writer = dashboard.write()) {
            Cli.Outcome outcome = upgradeOrMigrateDown(dashboard);

            assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.out()).contains("ROLLED_BACK to v0.50.3 with the data of v0.51.1, down for ");
            assertThat(dashboard.version()).isEqualTo("v0.50.3");
            assertThat(dashboard.check(writer).lostCount()).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            UpgradeStatus ended = product.rest().upgrades(name).content().getFirst();
            assertThat(writer.stop().acknowledgedAt().values())
                    .as("rows that the new version took in")
                    .anyMatch(at -> at.isAfter(ended.outageBeganAt()) && at.isBefore(ended.outageEndedAt()));
        }
    }

    /** The data are of the new version's major still: they cannot be kept. */
    @Test
    void dataThatDoNotComeDownAreRestored() {
        try (Dashboard dashboard = Dashboard.start(
                        product,
                        "not-down",
                        Store.POSTGRESQL,
                        "v0.50.3",
                        launch -> launch.faults("crash-after-healthy@51,down-without-effect@51"));
                RowWriter writer = dashboard.write()) {
            Cli.Outcome outcome = upgradeOrMigrateDown(dashboard);

            assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.out()).contains("ROLLED_BACK to v0.50.3, down for ");
            assertThat(Cli.of(product).run("status", dashboard.name()).out())
                    .contains("the data are of major 51 after they were migrated down, not of 50");
            assertThat(dashboard.version()).isEqualTo("v0.50.3");
            dashboard.check(writer);
            assertThat(dashboard.overlaps()).isEmpty();
        }
    }

    /** The command is nobody's child then, and goes on; it is waited for, and run again on data that are down. */
    @Test
    void aWorkerThatIsKilledWhileDataAreMigratedDownLeavesThemToOneCommandAtATime() {
        try (Dashboard dashboard = Dashboard.start(
                        product,
                        "down-killed",
                        Store.POSTGRESQL,
                        "v0.50.3",
                        launch -> launch.faults("crash-after-healthy@51,down-slow@51:8s"));
                RowWriter writer = dashboard.write()) {
            UUID upgrade = product.beginUpgrade(
                    Dashboard.request(product, dashboard.name(), "v0.51.1", Dashboard.DOWN_LIMITS));
            Awaitility.await("the migration down")
                    .atMost(END_MAX)
                    .until(() -> StandInLedger.read(dashboard.server().ledger()).fired("down-slow"));
            product.kill("swap");
            UpgradeStatus ended = product.awaitEnd(upgrade, END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(State.ROLLED_BACK);
            assertThat(ended.steps())
                    .extracting(StepStatus::output)
                    .hasAtLeastOneElementOfType(StepOutput.MigratedDown.class);
            assertThat(dashboard.version()).isEqualTo("v0.50.3");
            assertThat(dashboard.check(writer).lostCount()).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            StandInLedger ledger = StandInLedger.read(dashboard.server().ledger());
            List<StandInLedger.Entry> commands = ledger.of("command");
            assertThat(commands)
                    .extracting(StandInLedger.Entry::detail)
                    .containsExactly("migrate down", "migrate down");
            assertThat(ledger.of("stop"))
                    .as("the end of the first, before the second")
                    .anyMatch(stop -> stop.pid() == commands.getFirst().pid()
                            && stop.at().isBefore(commands.getLast().at()));
        }
    }

    private Cli.Outcome upgradeOrMigrateDown(Dashboard dashboard) {
        StandInRelease target = Dashboard.release(product, "v0.51.1");
        return Cli.of(product)
                .run(
                        "upgrade",
                        dashboard.name(),
                        "--to",
                        "v0.51.1",
                        "--url",
                        product.download(target.jar()).toString(),
                        "--sha256",
                        target.sha256(),
                        "--min-healthy-time",
                        "6s",
                        "--way-back",
                        "migrate-down");
    }

    @Test
    void anInstallationCanBeUpgradedAgainAfterARollback() {
        try (Dashboard dashboard =
                Dashboard.start(product, "again", Store.H2, "v0.50.3", launch -> launch.faults("migration-fails@51"))) {
            assertThat(dashboard.upgrade("v0.51.1", END_MAX).state()).isEqualTo(State.ROLLED_BACK);
            assertThat(dashboard.upgrade("v0.50.4", END_MAX).state()).isEqualTo(State.COMPLETED);
            assertThat(dashboard.version()).isEqualTo("v0.50.4");
        }
    }
}
