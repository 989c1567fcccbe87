/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.MigratedData;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepOutcome;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that stops interrupts its steps, which says nothing of the data. */
final class SecureDataTest {
    @TempDir
    Path directory;

    @Test
    void anInterruptionStaysOneAndTheDataAreSecuredByTheNextTry() throws Exception {
        H2Fixture h2 = new H2Fixture(directory);
        try (Fixture fixture = h2.fixture) {
            fixture.migrated = new MigratedData(true, null, false);
            for (String effect : List.of("dump", "manifest", "prove", "publish")) {
                fixture.epoch++;
                fixture.atPoint = point -> {
                    if (point.equals("backup.secure." + effect + ":BEFORE")) {
                        Thread.currentThread().interrupt();
                    }
                };
                try {
                    assertThatThrownBy(fixture::secure).as(effect).isInstanceOf(Exception.class);
                } finally {
                    Thread.interrupted();
                }

                fixture.atPoint = point -> {};
                assertThat(fixture.secure())
                        .as(effect)
                        .isInstanceOfSatisfying(
                                StepOutcome.Succeeded.class,
                                succeeded -> assertThat(succeeded.output()).isInstanceOf(StepOutput.BackedUp.class));
            }
        }
    }
}
