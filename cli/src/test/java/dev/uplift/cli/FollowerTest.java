/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Following upgrades by the live feed, whatever becomes of the feed. */
final class FollowerTest {
    private final FakeOrchestrator orchestrator = new FakeOrchestrator();
    private final Terminal terminal = new Terminal();

    @AfterEach
    void stop() {
        orchestrator.close();
    }

    @Test
    void changesComeByTheFeedAndNothingIsAskedForTwice() {
        orchestrator.put(Upgrades.fetching("sales", 1));
        CompletableFuture<List<UpgradeStatus>> ended = follow("sales");
        awaitListeners();
        Awaitility.await().until(() -> terminal.out().contains("FETCH"));

        orchestrator.tell(Upgrades.starting("sales", 2));
        Awaitility.await().until(() -> terminal.out().contains("START"));
        orchestrator.tell(Upgrades.completed("someone-else", 9));
        orchestrator.tell(Upgrades.completed("sales", 3));

        assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
        assertThat(terminal.lines()).hasSize(3).last().asString().startsWith("sales: COMPLETED");
        assertThat(orchestrator.requests())
                .containsExactlyInAnyOrder("GET /events", "GET /upgrades/" + Upgrades.id("sales"));
    }

    @Test
    void lostConnectionIsMadeAgainBehindTheLastEvent() {
        orchestrator.put(Upgrades.fetching("sales", 1));
        CompletableFuture<List<UpgradeStatus>> ended = follow("sales");
        awaitListeners();
        orchestrator.tell(Upgrades.starting("sales", 2));
        Awaitility.await().until(() -> terminal.out().contains("START"));

        orchestrator.cutFeed();
        awaitListeners();
        orchestrator.tell(Upgrades.rolledBack("sales", 3));

        assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
        assertThat(orchestrator.requests()).contains("GET /events after 101");
    }

    @Test
    void withoutAFeedItIsReadAgainAndAgain() {
        orchestrator.answerFeed(409);
        orchestrator.put(Upgrades.fetching("sales", 1));
        CompletableFuture<List<UpgradeStatus>> ended = follow("sales");
        Awaitility.await().until(() -> terminal.out().contains("FETCH"));

        orchestrator.put(Upgrades.parked("sales", 2));

        assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
        assertThat(terminal.lines()).last().asString().startsWith("sales: PARKED");
    }

    @Test
    void staleEventDoesNotTurnBackWhatIsKnown() {
        orchestrator.put(Upgrades.starting("sales", 5));
        CompletableFuture<List<UpgradeStatus>> ended = follow("sales");
        awaitListeners();
        Awaitility.await().until(() -> terminal.out().contains("START"));

        orchestrator.tell(Upgrades.fetching("sales", 4));
        orchestrator.tell(Upgrades.completed("sales", 6));

        assertThat(ended).succeedsWithin(Duration.ofSeconds(10));
        assertThat(terminal.lines()).noneMatch(line -> line.contains("FETCH"));
    }

    @Test
    void orchestratorThatStaysAwayIsGivenUp() {
        orchestrator.put(Upgrades.fetching("sales", 1));
        CompletableFuture<List<UpgradeStatus>> ended = follow("sales");
        Awaitility.await().until(() -> terminal.out().contains("FETCH"));

        orchestrator.close();

        assertThatThrownBy(() -> ended.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        CommandFailedException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(ExitCode.UNAVAILABLE));
        assertThat(terminal.err()).contains("the orchestrator does not answer; the upgrade goes on");
    }

    @Test
    void unknownUpgradeIsSaidAtOnce() {
        assertThatThrownBy(() -> follow("nobody").get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("nothing is at /upgrades/");
    }

    @Test
    void parkedOutweighsRolledBackInTheExitCode() {
        UpgradeStatus good = Upgrades.completed("a", 1);
        UpgradeStatus back = Upgrades.rolledBack("b", 1);
        UpgradeStatus parked = Upgrades.parked("c", 1);

        assertThat(ExitCode.of(List.of())).isEqualTo(ExitCode.OK);
        assertThat(ExitCode.of(List.of(good))).isEqualTo(ExitCode.OK);
        assertThat(ExitCode.of(List.of(good, back))).isEqualTo(ExitCode.FAILED);
        assertThat(ExitCode.of(List.of(good, back, parked))).isEqualTo(ExitCode.PARKED);
        assertThat(parked.state()).isEqualTo(State.PARKED);
    }

    private CompletableFuture<List<UpgradeStatus>> follow(String installation) {
        Follower follower = new Follower(
                new Api(orchestrator.url()),
                terminal.output(false),
                new ProgressView(terminal.output(false), false),
                Duration.ofSeconds(3));
        return CompletableFuture.supplyAsync(() -> follower.follow(List.of(Upgrades.id(installation))));
    }

    private void awaitListeners() {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> orchestrator.listenerCount() == 1);
    }
}
