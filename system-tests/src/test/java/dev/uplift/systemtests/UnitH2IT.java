/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.containers.RequiresDocker;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A unit whose H2 file is on a host with systemd as PID 1 that the product reaches by SSH. */
@RequiresDocker
class UnitH2IT {
    private static final String HOST = "h2-host";
    private static final String NAME = "unit-h2";
    private static final Path FILE = Units.directory(NAME).resolve("metabase.db.mv.db");
    private static final String BROKEN = "v0.51.1";
    private static final String NEW = "v0.52.1";

    private static Product product;
    private static Units units;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        units = Units.boot(product, HOST);
    }

    @AfterAll
    static void shutDown() {
        units.close();
    }

    @Test
    void aFailedMigrationComesBackWithItsFileAndTheNextUpgradeKeepsEveryRow() throws Exception {
        try (Installed installed = units.installOnH2(NAME, "migration-fails@51")) {
            assertThat(requireNonNull(product.rest().installation(NAME).spec()).database())
                    .isEqualTo(new DatabaseSpec.H2(HOST, FILE.toString(), null, null));
            String rights = rights();

            UpgradeStatus back = installed.upgrade(Dashboard.request(product, NAME, BROKEN), State.ROLLED_BACK);

            assertThat(requireNonNull(back.failure()).step()).isEqualTo(StepName.START);
            assertThat(installed.ledger().get().fired("migration-fails")).isTrue();
            assertThat(units.jarThatRuns(NAME))
                    .isEqualTo(units.release(Units.OLD).sha256());
            assertThat(rights()).isEqualTo(rights);
            assertThat(besideTheFile()).singleElement().asString().contains(".uplift-failed-");

            installed.upgrade(Dashboard.request(product, NAME, NEW), State.COMPLETED);

            assertThat(units.jarThatRuns(NAME)).isEqualTo(units.release(NEW).sha256());
            assertThat(rights()).isEqualTo(rights);
            units.assertAsTheOperatorHasIt(NAME);
        }
    }

    private static String rights() {
        return units.machine()
                .exec("stat", "--format=%U:%G %a", FILE.toString())
                .output();
    }

    private static List<String> besideTheFile() {
        String file = FILE.getFileName().toString();
        return units.machine()
                .exec("ls", "-A", Units.directory(NAME).toString())
                .output()
                .lines()
                .filter(name -> name.contains(file) && !name.equals(file))
                .toList();
    }
}
