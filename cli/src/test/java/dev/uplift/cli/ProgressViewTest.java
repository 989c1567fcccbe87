/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.UpgradeStatus;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an operator sees of an upgrade under way. */
final class ProgressViewTest {
    private static final Instant NOW = Upgrades.BEGAN.plusSeconds(42);

    private final Terminal terminal = new Terminal();

    @Test
    void pipedItSaysEachChangeOnceInAPlainLine() {
        ProgressView view = new ProgressView(terminal.output(false), false);

        view.show(List.of(Upgrades.fetching("sales", 1)), NOW);
        view.show(List.of(Upgrades.fetching("sales", 2)), NOW);
        view.show(List.of(Upgrades.starting("sales", 3)), NOW);
        view.show(List.of(Upgrades.completed("sales", 4)), NOW);

        assertThat(terminal.lines())
                .containsExactly(
                        "sales: FETCH  fetching 200.0 MB of 400.0 MB",
                        "sales: START",
                        "sales: COMPLETED, v0.51.2, down for 12.0 s");
    }

    @Test
    void pipedAStepThatTakesLongIsToldAgainEachHalfAMinute() {
        ProgressView view = new ProgressView(terminal.output(false), false);

        for (int second = 0; second <= 65; second++) {
            view.show(List.of(Upgrades.starting("sales", 1), Upgrades.completed("done", 1)), NOW.plusSeconds(second));
        }

        assertThat(terminal.lines().stream().filter(line -> line.startsWith("sales")))
                .containsExactly(
                        "sales: START", "sales: START, for 1 min 12 s in all", "sales: START, for 1 min 42 s in all");
        assertThat(terminal.lines().stream().filter(line -> line.startsWith("done")))
                .hasSize(1);
    }

    @Test
    void endThatIsNotGoodSaysWhyAndWhatToDo() {
        ProgressView view = new ProgressView(terminal.output(false), false);

        view.show(List.of(Upgrades.rolledBack("sales", 1), Upgrades.parked("support", 1)), NOW);

        assertThat(terminal.lines())
                .containsExactly(
                        "sales: ROLLED_BACK to v0.50.1, down for 12.0 s, because START failed: it exited with 1",
                        "support: PARKED at START, because START failed: it exited with 1; see `uplift status"
                                + " support`");
    }

    @Test
    void whatServedBetweenTwoOutagesIsNotCountedAsDown() {
        UpgradeStatus cancelled = Upgrades.rolledBackAfterItServed("sales", 1);

        assertThat(UpgradeLine.describe(cancelled)).isEqualTo("ROLLED_BACK to v0.50.1, down for 17.0 s in 2 outages");
        StatusCommand.detail(terminal.output(false), cancelled);
        assertThat(terminal.lines())
                .filteredOn(line -> line.startsWith("  down from "))
                .hasSize(2)
                .first()
                .asString()
                .endsWith(", 12.0 s");
    }

    @Test
    void asJsonEachChangeIsOneDocument() {
        ProgressView view = new ProgressView(terminal.output(true), true);

        view.show(List.of(Upgrades.fetching("sales", 1)), NOW);
        view.show(List.of(Upgrades.fetching("sales", 2)), NOW);
        view.show(List.of(Upgrades.completed("sales", 3)), NOW);

        assertThat(terminal.lines()).hasSize(2).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
        assertThat(terminal.lines().getLast()).contains("\"state\":\"COMPLETED\"");
    }

    @Test
    void onATerminalTheSameLinesArePaintedAnewAndNeverWrapped() {
        ProgressView view = new ProgressView(terminal.output(false), true);

        view.show(List.of(Upgrades.fetching("sales", 1), Upgrades.starting("support", 1)), NOW);
        assertThat(terminal.out())
                .startsWith("\033[?7l")
                .contains("sales    █████░░░░░░░░░░░░░░░    42.0 s  FETCH  fetching 200.0 MB of 400.0 MB")
                .contains("support  ██████████░░░░░░░░░░    42.0 s  START")
                .doesNotContain("A\r\033[J")
                .endsWith("\033[?7h" + System.lineSeparator());

        view.show(List.of(Upgrades.completed("sales", 2), Upgrades.starting("support", 1)), NOW);
        assertThat(terminal.out())
                .contains("\033[2A\r\033[J")
                .contains("sales    ████████████████████  1 min 00 s  COMPLETED");
    }

    @Test
    void ofALargeFleetThoseUnderWayArePaintedAndTheRestIsCounted() {
        ProgressView view = new ProgressView(terminal.output(false), true);
        List<UpgradeStatus> fleet = IntStream.range(0, 100)
                .mapToObj(i -> i < 95 ? Upgrades.completed("m" + i, 1) : Upgrades.starting("m" + i, 1))
                .toList();

        view.show(fleet, NOW);

        assertThat(terminal.lines()).hasSize(21);
        assertThat(terminal.lines().getFirst()).contains("m95");
        assertThat(terminal.lines().getLast()).contains("... and 80 more, 5 of all under way");
    }
}
