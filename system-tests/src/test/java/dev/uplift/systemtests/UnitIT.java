/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.testbed.Sample;
import dev.uplift.testbed.containers.RequiresDocker;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Units on a host with systemd as PID 1 that the product reaches by SSH, from {@code uplift hosts add} to the rows. */
@RequiresDocker
class UnitIT {
    private static final String NEW = "v0.51.1";

    private static Product product;
    private static Units units;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        units = Units.boot(product, "unit-host");
    }

    @AfterAll
    static void shutDown() {
        units.close();
    }

    @Test
    void anUpgradeOfAUnitKeepsEveryAcknowledgedRow() throws Exception {
        try (Installed installed = units.install("unit-good", "")) {
            assertThat(installed.node()).isInstanceOf(NodeSpec.Systemd.class);

            installed.upgrade(Dashboard.request(product, "unit-good", NEW), State.COMPLETED);

            assertThat(units.jarThatRuns("unit-good"))
                    .isEqualTo(units.release(NEW).sha256());
            assertThat(installed.hash()).isEqualTo(units.release(NEW).sha256());
            units.assertAsTheOperatorHasIt("unit-good");
        }
    }

    /** One of them, or all with {@code -Duplift.sample.every=1}. */
    static List<Arguments> aNewVersionThatCrashesIsStartedOnceAndComesBackAsTheOldOneWithItsData() {
        return Sample.of(
                List.of(
                        arguments("migration-fails", ""),
                        arguments("exits-at-start", ""),
                        arguments("crash-after-healthy", ":700ms")),
                3);
    }

    /** {@code Restart=always} makes no loop of it: the new version was started once. */
    @ParameterizedTest
    @MethodSource
    void aNewVersionThatCrashesIsStartedOnceAndComesBackAsTheOldOneWithItsData(String fault, String when)
            throws Exception {
        String name = "unit-" + fault;
        try (Installed installed = units.install(name, fault + "@51" + when)) {
            UpgradeStatus ended = installed.upgrade(Dashboard.request(product, name, NEW), State.ROLLED_BACK);

            assertThat(requireNonNull(ended.failure()).step())
                    .isIn(when.isEmpty() ? Set.of(StepName.START) : Set.of(StepName.START, StepName.SOAK));
            assertThat(installed.ledger().get().of("fault"))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.detail()).isEqualTo(fault));
            assertThat(units.jarThatRuns(name))
                    .isEqualTo(units.release(Units.OLD).sha256());
            units.assertAsTheOperatorHasIt(name);
        }
    }

    @Tag("night")
    @Test
    void aVersionThatServedAndFailedIsMigratedDownInTheUnitsEnvironmentAndWhatItTookInStays() throws Exception {
        String name = "unit-down";
        try (Installed installed = units.install(name, "crash-after-healthy@51:4s")) {
            UpgradeStatus ended =
                    installed.upgrade(Dashboard.request(product, name, NEW, Dashboard.DOWN_LIMITS), State.ROLLED_BACK);

            assertThat(requireNonNull(ended.failure()).step()).isEqualTo(StepName.SOAK);
            assertThat(ended.steps())
                    .extracting(StepStatus::output)
                    .contains(new StepOutput.MigratedDown(true, "the data were migrated down by " + NEW + " and kept"));
            assertThat(units.jarThatRuns(name))
                    .isEqualTo(units.release(Units.OLD).sha256());
            units.assertAsTheOperatorHasIt(name);
        }
    }
}
