package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class DetachedStartTest {
    private static final Host HOST = new LocalHost();
    private static final long NOBODY = 65534;

    @TempDir
    Path temporary;

    private Path directory;
    private final List<ProcessIdentity> started = new ArrayList<>();

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        SleeperJar.in(directory, "app.jar");
    }

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(process -> LocalProcesses.signal(process, Signal.KILL));
    }

    @Test
    void applicationGetsExactlyItsCommandLineEnvironmentAndDirectory() throws Exception {
        Map<String, String> environment =
                Map.of("PLAIN", "x", "EMPTY", "", "WITH_EQUALS", "a=b=c", "LINES", "one\ntwo", "SPACE D", "v");
        Launch launch = launch(List.of("a b", "", "$HOME", "*"), environment, HOST.uid(), 0);

        RunningProcess process = start(launch);

        assertThat(process.argv()).isEqualTo(launch.argv());
        assertThat(process.directory()).contains(directory.toString());
        assertThat(process.jar()).contains("app.jar");
        assertThat(HOST.processes().environment(process.identity())).isEqualTo(environment);
        assertThat(HOST.processes().runningJarsIn(directory)).containsExactly(process);
    }

    @Test
    void applicationHasASessionOfItsOwnAndKeepsItsOutput() throws Exception {
        Files.writeString(directory.resolve("app.log"), "before\n");
        RunningProcess process = start(launch(List.of(), Map.of(), HOST.uid(), 0));

        await().atMost(Duration.ofSeconds(20))
                .until(() -> Files.readString(directory.resolve("app.log")).contains("listening on"));
        String[] stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ", -1);
        assertThat(List.of(stat[2], stat[3])).containsOnly(Long.toString(process.pid()));
        assertThat(Files.readString(directory.resolve("app.log")))
                .startsWith("before\nstarted in " + directory)
                .contains("listening on "
                        + HOST.processes()
                                .listeningPorts(process.identity())
                                .iterator()
                                .next());
        assertThat(HOST.processes().outputFile(process.identity())).contains(directory.resolve("app.log"));
    }

    @Test
    void applicationOutlivesItsStarterAndItsStartersProcessGroup() throws Exception {
        Launch launch = launch(List.of(), Map.of(), HOST.uid(), 0);
        try (Fence.Held held = HOST.fence(directory).claim(UUID.randomUUID())) {
            LaunchFile.write(held, directory, launch);
        }
        Process starter = new ProcessBuilder(
                        "setsid",
                        SleeperJar.java(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starter.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("starter.log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> Files.readString(directory.resolve("starter.log")).contains("started"));

        Exec.Result killed = Exec.of(Duration.ofSeconds(10), "kill", "-9", "--", "-" + starter.pid())
                .run();
        starter.waitFor();

        assertThat(killed.succeeded()).isTrue();
        RunningProcess process = HOST.processes().runningJarsIn(directory).getFirst();
        started.add(process.identity());
        await().during(Duration.ofMillis(300))
                .atMost(Duration.ofSeconds(5))
                .until(() -> HOST.processes().runs(process.identity()));
    }

    /** Starts what a launch file says and waits. */
    static final class Starter {
        private Starter() {}

        public static void main(String[] arguments) throws Exception {
            Launch launch = LaunchFile.read(HOST, Path.of(arguments[0])).orElseThrow();
            System.out.println("started " + DetachedStart.start(launch).orElseThrow());
            Thread.sleep(Duration.ofMinutes(1));
        }
    }

    @Test
    @EnabledIf("root")
    void applicationRunsAsItsOwnUser() throws Exception {
        RunningProcess process = start(launch(List.of(), Map.of(), NOBODY, NOBODY));

        assertThat(process.uid()).isEqualTo(NOBODY);
        assertThat(process.gid()).isEqualTo(NOBODY);
        assertThat(process.groups()).isEmpty();
        assertThat(Files.getAttribute(directory.resolve("app.log"), "unix:uid")).isEqualTo((int) NOBODY);
    }

    @Test
    void programThatEndsAtOnceLeavesItsReasonInTheLog() throws Exception {
        Launch launch =
                launch(List.of(), Map.of(), HOST.uid(), 0).withArgv(List.of("/no/such/java", "-jar", "app.jar"));

        Optional<RunningProcess> process = DetachedStart.start(launch);

        assertThat(process.isPresent() && HOST.processes().runs(process.get().identity()))
                .isFalse();
        assertThat(Files.readString(directory.resolve("app.log"))).contains("/no/such/java");
    }

    @Test
    void logThatIsALinkIsNotWrittenTo() throws Exception {
        Path victim = Files.writeString(directory.resolve("victim"), "");
        Files.createSymbolicLink(directory.resolve("app.log"), victim);

        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> start(launch(List.of(), Map.of(), HOST.uid(), 0)));
        assertThat(victim).isEmptyFile();
    }

    @Test
    void signalReachesOnlyTheVeryProcess() throws Exception {
        RunningProcess process = start(launch(List.of(), Map.of(), HOST.uid(), 0));
        ProcessIdentity reused =
                new ProcessIdentity(process.pid(), process.identity().startTicks() + 1);

        assertThat(LocalProcesses.signal(reused, Signal.KILL)).isFalse();
        assertThat(HOST.processes().runs(process.identity())).isTrue();
        assertThat(LocalProcesses.signal(process.identity(), Signal.TERM)).isTrue();
        await().atMost(Duration.ofSeconds(20)).until(() -> !HOST.processes().runs(process.identity()));
        assertThat(LocalProcesses.signal(process.identity(), Signal.KILL)).isFalse();
    }

    @Test
    void openFileAndPortLeadToTheProcess() throws Exception {
        RunningProcess process = start(launch(List.of(), Map.of(), HOST.uid(), 0));
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        !HOST.processes().listeningPorts(process.identity()).isEmpty());
        int port =
                HOST.processes().listeningPorts(process.identity()).iterator().next();

        assertThat(HOST.processes().isListenedOn(port)).isTrue();
        assertThat(HOST.processes().listeningOn(port))
                .extracting(RunningProcess::pid)
                .containsExactly(process.pid());
        assertThat(HOST.processes().holding(directory.resolve("app.log")))
                .extracting(RunningProcess::pid)
                .containsExactly(process.pid());
    }

    private RunningProcess start(Launch launch) throws Exception {
        RunningProcess process = DetachedStart.start(launch).orElseThrow();
        started.add(process.identity());
        return process;
    }

    private Launch launch(List<String> arguments, Map<String, String> environment, long uid, long gid) {
        List<String> argv = new ArrayList<>(List.of(SleeperJar.java(), "-Xmx32m", "-jar", "app.jar"));
        argv.addAll(arguments);
        return new Launch(
                argv,
                environment,
                uid,
                gid,
                List.of(),
                Long.toString(uid),
                directory.toString(),
                SleeperJar.java(),
                directory.resolve("app.log").toString(),
                Map.of());
    }

    static boolean root() throws Exception {
        return HOST.uid() == 0;
    }
}
