/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.inventory.HostRepository;
import dev.uplift.orchestrator.inventory.InstallationStore;
import dev.uplift.orchestrator.sql.LockOrder;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@QuarkusTest
@QuarkusTestResource(Backends.class)
class LockOrderTest {
    @Inject
    Database database;

    @Inject
    LockOrder locks;

    @Inject
    HostRepository hosts;

    @Inject
    InstallationStore installations;

    @ParameterizedTest
    @EnumSource
    void whatIsEarlierInTheOrderIsRefusedAndNotLocked(LockOrder.Kind first) {
        for (LockOrder.Kind then : LockOrder.Kind.values()) {
            database.useTransaction(() -> {
                locks.lock(first, () -> true);
                if (then.compareTo(first) < 0) {
                    assertThatThrownBy(() -> locks.lock(then, () -> {
                                throw new AssertionError("it was locked");
                            }))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith(then + " are locked after " + first);
                } else {
                    assertThat(locks.lock(then, () -> true)).isTrue();
                }
            });
        }
    }

    @Test
    void aHostIsNotHeldAfterAnInstallation() {
        database.useTransaction(() -> {
            installations.lock(List.of(UUID.randomUUID()));
            assertThatThrownBy(() -> hosts.hold(List.of("late"))).isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void eachTransactionBeginsAnewAndOneInsideOfAnotherToo() {
        database.useTransaction(() -> {
            installations.lock(List.of(UUID.randomUUID()));
            database.useTransaction(() -> hosts.hold(List.of("inner")));
            assertThatThrownBy(() -> hosts.hold(List.of("late"))).isInstanceOf(IllegalStateException.class);
        });
        database.useTransaction(() -> hosts.hold(List.of("next")));
    }
}
