/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.contract.api.StandaloneStatus;
import dev.uplift.systemtests.Cli.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code uplift up} and {@code down} on a home of their own. */
class StandaloneIT {
    private static final Duration SEEN_MAX = Duration.ofSeconds(60);
    private static final int SERVICES_AND_STORES = 6;

    private final Cli uplift = new Cli(URI.create("http://127.0.0.1:1"));

    @TempDir
    private Path directory;

    private Path home;

    @BeforeEach
    void chooseHome() throws IOException {
        home = directory.toRealPath().resolve("home");
    }

    @Test
    void aStandaloneThatWasKilledIsTakenUpByTheNextStartEvenOnOtherPorts() throws IOException {
        try {
            StandaloneStatus first = up(Product.freeBasePort());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
                    .isEqualTo("rwx------");
            InstallationStatus known = refused(first);
            assertThat(up(Product.freeBasePort())).as("it runs already").isEqualTo(first);

            ProcessHandle.of(first.pid()).orElseThrow().destroyForcibly();
            Awaitility.await("the end of the supervisor")
                    .atMost(SEEN_MAX)
                    .until(() -> !running().contains(first.pid()));
            List<Long> left = running();
            assertThat(left).as("the positive control").hasSizeGreaterThanOrEqualTo(SERVICES_AND_STORES);

            StandaloneStatus second = up(Product.freeBasePort());

            assertThat(second.api()).isNotEqualTo(first.api());
            assertThat(running()).doesNotContainAnyElementsOf(left);
            assertThat(new Rest(second.api()).installation(known.name())).isEqualTo(known);
        } finally {
            assertThat(uplift.run("down", "--home", home.toString()).exit()).isZero();
        }
        assertThat(running()).isEmpty();
        assertThat(uplift.run("down", "--home", home.toString()).err()).contains("nothing runs with " + home);
    }

    @Test
    void whatKeepsItFromStartingIsSaidInOneLine() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertRefused(
                    uplift.run("up", "--home", home.toString(), "--base-port", String.valueOf(taken.getLocalPort())),
                    "uplift: cannot start: port " + taken.getLocalPort()
                            + " for orchestrator is taken; choose others with --base-port");
        }
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused(uplift.run("up", "--home", file.toString()), "there can be no directory " + file);
        assertRefused(uplift.run("up", "--home", home.toString(), "--base-port", "80"), "the base port is 80");
        assertThat(running()).isEmpty();
    }

    private static void assertRefused(Outcome outcome, String reason) {
        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(4);
        assertThat(outcome.err().lines().toList().getLast()).contains(reason);
        assertThat(outcome.plain()).as("%s", outcome).isTrue();
    }

    private StandaloneStatus up(int basePort) throws IOException {
        Outcome outcome =
                uplift.run("up", "--json", "--home", home.toString(), "--base-port", String.valueOf(basePort));
        assertThat(outcome.exit()).as("%s", outcome).isZero();
        return Json.mapper().readValue(outcome.out(), StandaloneStatus.class);
    }

    /** Something that the orchestrator and a worker have to remember. */
    private static InstallationStatus refused(StandaloneStatus standalone) {
        Rest rest = new Rest(standalone.api());
        rest.register(new RegisterInstallation("known", null, null, null, "/nowhere"));
        return Awaitility.await("the answer of the swap-service")
                .atMost(SEEN_MAX)
                .until(() -> rest.installation("known"), status -> status.state() == InstallationStatus.State.REFUSED);
    }

    /** Those that work in the home, and those that were started with its name. */
    private List<Long> running() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != ProcessHandle.current().pid())
                .filter(this::usesHome)
                .toList();
    }

    private boolean usesHome(long pid) {
        Path process = Path.of("/proc", Long.toString(pid));
        try {
            return Files.readSymbolicLink(process.resolve("cwd")).startsWith(home)
                    || Files.readString(process.resolve("cmdline")).contains(home.toString());
        } catch (IOException gone) {
            return false;
        }
    }
}
