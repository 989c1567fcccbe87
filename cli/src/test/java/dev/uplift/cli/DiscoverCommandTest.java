/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.NodeKind;
import dev.uplift.contract.api.DiscoveredNode;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.DiscoveryStatus.State;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code uplift discover} prints of an answer. */
final class DiscoverCommandTest {
    private static final DiscoveredNode UNIT = new DiscoveredNode(
            NodeKind.SYSTEMD,
            "metabase.service",
            "metabase",
            "metabase",
            "v0.50.1",
            "oss",
            "h2:web1:/srv/metabase.db",
            false,
            List.of("uplift", "add", "--host", "web1", "--unit", "metabase.service"),
            null);
    private static final DiscoveredNode KNOWN = new DiscoveredNode(
            NodeKind.DOCKER, "sales", "sales", "metabase", "v0.50.1", null, "h2", true, List.of(), null);
    private static final DiscoveredNode UNUSABLE = new DiscoveredNode(
            NodeKind.PROCESS,
            "process 7 in /srv/x",
            null,
            "metabase",
            null,
            null,
            null,
            false,
            List.of(),
            "its database is not supported yet (mysql)");

    private final FakeOrchestrator orchestrator = new FakeOrchestrator();
    private final Terminal terminal = new Terminal();

    @AfterEach
    void stop() {
        orchestrator.close();
    }

    @Test
    void newHasTheCommandAndWhatCannotBeRegisteredTheReason() {
        orchestrator.discover(answer(State.DONE, null, UNIT, KNOWN, UNUSABLE));

        assertThat(run("discover", "--host", "web1")).isEqualTo(ExitCode.OK);

        assertThat(orchestrator.requests()).startsWith("POST /hosts/web1/discoveries");
        assertThat(terminal.lines())
                .containsExactly(
                        "NAME      STATE       APPLICATION  VERSION  KIND     WHERE             DATABASE",
                        "metabase  new         metabase     v0.50.1  systemd  metabase.service  h2:web1:/srv/metabase.db",
                        "sales     registered  metabase     v0.50.1  docker   sales             h2",
                        "",
                        "Register what is new, in this order:",
                        "  uplift add --host web1 --unit metabase.service",
                        "",
                        "Cannot be registered as it is:",
                        "  process 7 in /srv/x (metabase): its database is not supported yet (mysql)");
        assertThat(terminal.err()).contains("containers were not looked at");
    }

    @Test
    void jsonIsOneDocumentANodeAndNothingElseOnStandardOutput() {
        orchestrator.discover(answer(State.DONE, null, UNIT, KNOWN, UNUSABLE));

        assertThat(run("discover", "--json")).isEqualTo(ExitCode.OK);

        assertThat(orchestrator.requests()).startsWith("POST /hosts/local/discoveries");
        assertThat(terminal.lines()).hasSize(3).allMatch(line -> line.startsWith("{\"kind\":"));
        assertThat(terminal.lines().getFirst()).contains("\"command\":[\"uplift\",\"add\",\"--host\"");
    }

    @Test
    void nothingFoundIsSaidAndIsNoFailure() {
        orchestrator.discover(answer(State.DONE, null));

        assertThat(run("discover")).isEqualTo(ExitCode.OK);
        assertThat(terminal.out()).isEmpty();
        assertThat(terminal.err()).contains("nothing that a profile recognises runs on the workers' own host");
    }

    @Test
    void thatAllOfItIsRegisteredIsSaid() {
        orchestrator.discover(answer(State.DONE, null, KNOWN));

        assertThat(run("discover")).isEqualTo(ExitCode.OK);
        assertThat(terminal.lines()).hasSize(2);
        assertThat(terminal.err()).contains("all of it is registered");
    }

    @Test
    void hostThatCannotBeLookedAtEndsWithOneAndTheReason() {
        orchestrator.discover(answer(State.FAILED, "host.unreachable: web1 does not answer"));

        assertThat(run("discover", "--host", "web1")).isEqualTo(ExitCode.FAILED);
        assertThat(terminal.err()).contains("uplift: host.unreachable: web1 does not answer");
    }

    @Test
    void wordsThatAShellWouldTakeApartAreQuoted() {
        assertThat(DiscoverCommand.line(List.of("uplift", "add", "/srv/it's here", "--name", "x")))
                .isEqualTo("uplift add '/srv/it'\\''s here' --name x");
    }

    private int run(String... arguments) {
        String[] all = Stream.concat(
                        Stream.of(arguments),
                        Stream.of("--server", orchestrator.url().toString()))
                .toArray(String[]::new);
        return terminal.run(all);
    }

    private static DiscoveryStatus answer(State state, @Nullable String problem, DiscoveredNode... nodes) {
        return new DiscoveryStatus(
                UUID.randomUUID(),
                "web1",
                "default",
                state,
                List.of(nodes),
                List.of("containers were not looked at: no Docker Engine answers"),
                problem,
                Instant.EPOCH);
    }
}
