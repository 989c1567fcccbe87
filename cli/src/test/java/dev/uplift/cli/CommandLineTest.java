/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.UpgradeStatus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line as scripts and people use it: arguments, exit codes, what is said where. */
final class CommandLineTest {
    private final FakeOrchestrator orchestrator = new FakeOrchestrator();
    private final Terminal terminal = new Terminal();

    @AfterEach
    void stop() {
        orchestrator.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    upgrade sales                                       | Missing required option: '--to=VERSION'
                    upgrade --to v0.51.2                                | Missing required parameter
                    upgrade sales --to v0.51.2 --sha256 12              | sha256 is not a SHA-256 in 64 hexadecimal digits
                    upgrade sales --to v0.51.2 --image metabase/metabase:v1 | --image takes REPOSITORY@sha256:HEX
                    upgrade sales --to v0.51.2 --image m/m@sha256:12    | images is not a SHA-256 in 64 hexadecimal digits
                    add /srv/x --to sales --name other                  | a node has the name, profile and site of the installation
                    upgrade sales --to v0.51.2 --stop-grace soon        | 'soon' is no duration such as 45s, 10m or 6h
                    upgrade sales --to v0.51.2 --stop-grace 0s          | limits.stopGrace is not positive
                    upgrade sales --to v0.51.2 --url metabase.jar       | url is not absolute
                    upgrade sales --to v0.51.2 --node-failure ignore    | 'ignore' is none of roll-back, finish-without
                    upgrade sales --to v0.51.2 --way-back up            | 'up' is none of restore, migrate-down
                    upgrade sales --to v0.51.2 --no-wait --update-compose-file | leave out --no-wait
                    retry sales --no-wait --update-compose-file         | leave out --no-wait
                    restore sales 7                                     | Invalid value for positional parameter at index 1
                    add                                                 | name the DIRECTORY it runs in or its --pid, or its --unit
                    add /srv/x --unit x.service                         | name the DIRECTORY it runs in or its --pid, or its --unit
                    add srv/x --host web1                               | name the whole path of the DIRECTORY on host web1
                    hosts                                               | Missing required subcommand
                    hosts add web1 --address web1                       | Missing required option: '--key-file=FILE'
                    hosts add web1 --address web1 --key-file /k         | --host-key is missing
                    hosts add web1 --address web1 --key-file /k --host-key yes | host.hostKey is not a fingerprint
                    hosts add web1 --key-file /k                        | either --address or --docker-url is needed
                    hosts add local --docker-url http://e --key-file /k --cert-file /c --ca-file /a | host.name is local
                    upgrad sales                                        | Did you mean: uplift upgrade
                    releases forget 12                                  | Missing required option: '--reason=TEXT'
                    releases forget 12 --reason= --by ann               | reason is missing
                    fence sales --take=                                 | reason is missing
                    add /srv/x --take-fence=                            | reason is missing
                    add /srv/x --by ann                                 | --by goes with --take-fence
                    fence sales --by ann                                | --by goes with --take
                    list --server ftp://example.org                     | is no http or https URL such as
                    list --server http://example.org/?x=1               | is no http or https URL such as
                    list --server http://user:secret@example.org        | without user and password
                    """)
    void wrongCommandLineEndsWithTwoAndSaysWhatIsWrong(String arguments, String said) {
        assertThat(terminal.run(arguments.split(" ", -1))).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.err()).contains(said);
        assertThat(terminal.out()).isEmpty();
    }

    /** Its module has a class path of its own. */
    @Test
    void demoNeedsTheScriptThatStartsIt() {
        assertThat(terminal.run("demo")).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(terminal.err()).contains("start it with the `uplift` script");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "status", "watch", "backups", "cancel sales", "upgrade sales --to v0.51.2"})
    void withoutAnOrchestratorTheExitCodeIsFour(String arguments) {
        orchestrator.close();

        assertThat(at(arguments)).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(terminal.err()).startsWith("uplift: no orchestrator answers at " + orchestrator.url());
        assertThat(terminal.err().lines()).hasSize(1);
    }

    @Test
    void whatTheOrchestratorRefusesEndsWithOneAndItsReason() {
        assertThat(at("watch nobody")).isEqualTo(ExitCode.FAILED);
        assertThat(terminal.err()).isEqualTo("uplift: nothing is at /installations/nobody" + System.lineSeparator());
    }

    @Test
    void whatWasAcceptedWithoutAnAnswerIsSentAgainAsItWas() {
        UUID id = UUID.randomUUID();
        orchestrator.answerNext(503, "{\"code\":\"request.accepted\",\"detail\":\"send the same with requestId x\"}");
        orchestrator.answerNext(503, "{\"code\":\"database.unavailable\",\"detail\":\"it is away\"}");
        orchestrator.answerNext(
                200, "{\"accepted\":[{\"installation\":\"sales\",\"upgradeId\":\"" + id + "\"}],\"refused\":[]}");

        assertThat(at("upgrade sales --to v0.51.2 --no-wait")).isEqualTo(ExitCode.OK);

        assertThat(terminal.lines()).containsExactly("sales " + id);
        assertThat(terminal.err()).isEmpty();
        assertThat(orchestrator.bodies())
                .hasSize(3)
                .allMatch(body -> body.contains("\"requestId\":\""))
                .containsOnly(orchestrator.bodies().getFirst());
    }

    @Test
    void whatWasNotAcceptedIsNotSentAgain() {
        orchestrator.answerNext(503, "{\"code\":\"database.unavailable\",\"detail\":\"it is away\"}");

        assertThat(at("upgrade sales --to v0.51.2 --no-wait")).isEqualTo(ExitCode.UNAVAILABLE);

        assertThat(terminal.err()).contains("it is away");
        assertThat(orchestrator.bodies()).hasSize(1);
    }

    @Test
    void watchShowsWhatIsUnderWayUntilItEnds() {
        orchestrator.put(Upgrades.completed("done-before", 1));
        orchestrator.put(Upgrades.parked("parked-before", 1));
        orchestrator.put(Upgrades.starting("sales", 1));
        CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> at("watch"));
        Awaitility.await()
                .until(() -> orchestrator.listenerCount() == 1 && terminal.out().contains("START"));
        orchestrator.tell(Upgrades.rolledBack("sales", 2));

        assertThat(exit).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(ExitCode.FAILED);
        assertThat(terminal.lines())
                .isNotEmpty()
                .allMatch(line -> line.startsWith("sales: "))
                .last()
                .asString()
                .contains("ROLLED_BACK to v0.50.1");
    }

    @Test
    void watchOfAQuietFleetEndsAtOnce() {
        assertThat(at("watch")).isEqualTo(ExitCode.OK);
        assertThat(terminal.err()).contains("nothing is under way");
        assertThat(terminal.out()).isEmpty();
    }

    @Test
    void statusShowsWhatIsParkedAndEndsWithThree() {
        orchestrator.put(Upgrades.completed("sales", 1));
        assertThat(at("status")).isEqualTo(ExitCode.OK);

        orchestrator.put(Upgrades.parked("support", 1));
        assertThat(at("status")).isEqualTo(ExitCode.PARKED);
        assertThat(terminal.out()).contains("PARKED at START, because START failed: it exited with 1");
    }

    @Test
    void statusOfAParkedUpgradeAdvisesOnlyWhatHelps() {
        orchestrator.put(Upgrades.parked("sales", 1));
        at("status sales");
        assertThat(terminal.out()).contains("then `uplift retry sales`, or `uplift cancel sales` to go back.");

        orchestrator.put(Upgrades.parked("sales", 2, Direction.UNDO, ErrorCode.EXITED));
        at("status sales");
        assertThat(terminal.out()).contains("then `uplift retry sales`.");

        orchestrator.put(Upgrades.parked("support", 1, Direction.DO, ErrorCode.BACKUP_OUTDATED));
        at("status support");
        assertThat(terminal.out())
                .contains("then `uplift cancel support`: it cannot go on")
                .doesNotContain("retry support");
    }

    @Test
    void statusTellsOnceWhatARestoreCouldNotBringBack() {
        Check told = new Check("database.incomplete", Check.Verdict.WARN, "run CREATE EVENT TRIGGER seen");
        orchestrator.put(Upgrades.rolledBackWithout("sales", 1, told));

        at("status sales");

        assertThat(terminal.out()).containsOnlyOnce("WARN database.incomplete: run CREATE EVENT TRIGGER seen");
    }

    @Test
    void cancelOfAnInstallationThatRestsSaysSo() {
        UpgradeStatus ended = Upgrades.completed("sales", 1);
        orchestrator.put(ended);

        assertThat(at("cancel sales")).isEqualTo(ExitCode.FAILED);
        assertThat(terminal.err()).contains("nothing is under way or parked on sales; `uplift status sales`");
    }

    @Test
    void jsonIsOneDocumentALineAndNothingElseOnStandardOutput() {
        orchestrator.put(Upgrades.completed("sales", 1));
        orchestrator.put(Upgrades.completed("support", 1));

        assertThat(at("status --json")).isEqualTo(ExitCode.OK);
        assertThat(terminal.lines()).hasSize(2).allMatch(line -> line.startsWith("{\"id\":"));
    }

    @Test
    void trailingSlashOfTheServerDoesNoHarm() {
        assertThat(terminal.run("list", "--server", orchestrator.url() + "/")).isEqualTo(ExitCode.OK);
        assertThat(orchestrator.requests()).containsExactly("GET /installations");
    }

    @Test
    void everyCommandHasHelp() {
        for (String name : Uplift.commandLine().getSubcommands().keySet()) {
            Terminal help = new Terminal();
            assertThat(help.run(name, "--help")).as(name).isZero();
            assertThat(help.out()).as(name).startsWith("Usage: uplift " + name);
        }
    }

    @Test
    void completionScriptIsOneThatBashReads(@TempDir Path directory) throws Exception {
        assertThat(terminal.run("generate-completion")).isZero();
        Path script = Files.writeString(directory.resolve("completion"), terminal.out());

        Process bash = new ProcessBuilder("bash", "-c", "source " + script + " && complete -p uplift")
                .redirectErrorStream(true)
                .start();

        assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("_complete_uplift");
        assertThat(terminal.out()).contains("upgrade", "--min-healthy-time");
    }

    private int at(String arguments) {
        return terminal.run((arguments + " --server " + orchestrator.url()).split(" ", -1));
    }
}
