/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInLedger;
import dev.uplift.testbed.containers.PostgresContainer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A stand-in that was registered with the {@code uplift} command, wherever it runs; and the oracle of
 * its upgrades.
 *
 * @param ledger as it is at the moment of the question
 * @param postgres holds its database; absent: an H2 file does
 */
record Installed(
        Product product,
        String name,
        StandInApi api,
        Supplier<StandInLedger> ledger,
        @Nullable PostgresContainer postgres)
        implements AutoCloseable {
    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);
    private static final Duration END_MAX = Duration.ofMinutes(4);

    /** Waits until it serves, and registers it as {@code uplift add --name NAME} with these further words. */
    static Installed add(
            Product product,
            String name,
            StandInApi api,
            Supplier<StandInLedger> ledger,
            @Nullable PostgresContainer postgres,
            String... options) {
        Awaitility.await(name + " to serve").atMost(HEALTHY_MAX).until(api::healthy);
        List<String> words = new ArrayList<>(List.of("add", "--name", name));
        words.addAll(List.of(options));
        Cli.Outcome added = Cli.of(product).run(words.toArray(String[]::new));
        assertThat(added.exit()).as("%s", added).isZero();
        return new Installed(product, name, api, ledger, postgres);
    }

    /** Its only node, as it was found. */
    NodeSpec node() {
        assertThat(spec().nodes()).hasSize(1);
        return spec().nodes().getFirst();
    }

    /** What the product says that it runs. */
    Release running() {
        return requireNonNull(product.rest().installation(name).running());
    }

    /** The SHA-256 of what its only node runs. */
    String hash() {
        return running().sha256(node()).orElseThrow();
    }

    /** Adds another node, as {@code uplift add --to NAME} does with these further words; a second time is refused. */
    void join(String... options) {
        List<String> words = new ArrayList<>(List.of("add", "--to", name));
        words.addAll(List.of(options));
        Cli.Outcome added = Cli.of(product).run(words.toArray(String[]::new));
        assertThat(added.exit()).as("%s", added).isZero();
        Cli.Outcome again = Cli.of(product).run(words.toArray(String[]::new));
        assertThat(again.exit()).as("%s", again).isNotZero();
        assertThat(again.toString()).contains("of " + name + " already");
    }

    /** Its nodes, as they were found. */
    List<NodeSpec> nodes() {
        return spec().nodes();
    }

    private InstallationSpec spec() {
        return requireNonNull(product.rest().installation(name).spec());
    }

    /** An upgrade under the eyes of a writer, whose end must be in order as oracles I2 to I5 have it. */
    UpgradeStatus upgrade(UpgradeRequested request, State expected) throws Exception {
        UpgradeStatus ended = upgrade(request, _ -> {});
        assertThat(ended.state()).as("%s", ended).isEqualTo(expected);
        Effects.assertNoneWasTakenTwice(product, nodes().size());
        return ended;
    }

    /** What happens while the upgrade is under way; it is final, or will be by itself, when this returns. */
    @FunctionalInterface
    interface Strike {
        void at(UUID upgrade) throws Exception;
    }

    /** As above, whatever it ends as, with a strike while it is under way. */
    UpgradeStatus upgrade(UpgradeRequested request, Strike strike) throws Exception {
        Effects.forget(product);
        Instant begun = Instant.now();
        try (RowWriter writer = RowWriter.start(api.uri(), name + "-" + begun.toEpochMilli(), 25)) {
            Awaitility.await("rows in " + name).atMost(HEALTHY_MAX).until(() -> writer.acknowledgedCount() > 10);
            UUID upgrade = product.beginUpgrade(request);
            strike.at(upgrade);
            UpgradeStatus ended = product.awaitEnd(upgrade, END_MAX);
            assertThat(ended.state().isFinal()).as("%s", ended).isTrue();
            Awaitility.await(name + " to take rows again")
                    .atMost(HEALTHY_MAX)
                    .until(() -> api.healthy() && !writer.failing());
            assertThat(api.version())
                    .contains((ended.state() == State.COMPLETED ? ended.to() : ended.from()).version());
            assertRows(writer.stop(), ended);
            assertBackup(ended, begun);
            assertThat(ledger.get().violations()).isEmpty();
            Effects.assertEpochsNeverDecrease(
                    product, Set.of(ended.installationId().toString()));
            return ended;
        }
    }

    /**
     * I3: what the new version's first start found is what the backup holds; so is what the old one's first start found
     * after a way back. What was migrated down and kept holds more.
     */
    private void assertBackup(UpgradeStatus ended, Instant since) throws Exception {
        if (ended.backup() == null) {
            assertThat(found(ended.to(), since)).isEmpty();
            return;
        }
        StoredBackup backup = StoredBackup.of(product, ended);
        String held = postgres == null
                ? backup.rows(Dashboard.Store.H2)
                : backup.rows(postgres.address(), PostgresContainer.PORT, PostgresContainer.PASSWORD);
        List<StandInLedger.Entry> fresh = found(ended.to(), since);
        fresh.stream().findFirst().ifPresent(first -> assertThat(first.detail()).isEqualTo(held));
        if (ended.state() == State.COMPLETED) {
            assertThat(fresh).isNotEmpty();
        } else {
            Instant last = fresh.isEmpty()
                    ? requireNonNull(ended.outageBeganAt())
                    : fresh.getLast().at();
            String back = found(ended.from(), last).getFirst().detail();
            if (dataKept(ended)) {
                assertThat(back).isNotEqualTo(held);
            } else {
                assertThat(back).isEqualTo(held);
            }
        }
    }

    private List<StandInLedger.Entry> found(Release release, Instant since) {
        return ledger.get().of("found").stream()
                .filter(entry ->
                        entry.version().equals(release.version()) && entry.at().isAfter(since))
                .toList();
    }

    /** I5. A rollback takes with it what the new version has taken, unless that was migrated down and kept. */
    private void assertRows(RowWriter.Written written, UpgradeStatus ended) {
        Instant down = ended.outageBeganAt();
        RowWriter.Written promised = written;
        if (ended.state() == State.ROLLED_BACK && down != null) {
            Instant up = requireNonNull(ended.outageEndedAt());
            if (dataKept(ended)) {
                assertThat(written.acknowledgedAt().values())
                        .as("rows that the new version took in")
                        .anyMatch(at -> at.isAfter(down) && at.isBefore(up));
            } else {
                promised = written.outside(down, up);
            }
        }
        RowCheck rows = RowCheck.of(api.uri(), promised);
        assertThat(rows.acknowledgedCount()).isPositive();
        assertThat(rows.lostCount()).as("%s", rows).isZero();
    }

    private static boolean dataKept(UpgradeStatus ended) {
        return ended.steps().stream()
                .anyMatch(step -> step.output() instanceof StepOutput.MigratedDown down && down.kept());
    }

    /** The product forgets it. */
    @Override
    public void close() {
        assertThat(Cli.of(product).run("remove", name).exit()).isZero();
    }
}
