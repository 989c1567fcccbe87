/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.uplift.testbed.RequiresRoot;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands, processes and ports of every kind of host. */
class HostProcessesTest extends OnEveryHost {
    private static final long NOBODY = 65534;

    private final List<ProcessIdentity> started = new ArrayList<>();

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(process -> LocalProcesses.signal(process, Signal.KILL));
    }

    @Test
    void aFileIsHeldByWhoMayWriteToItAndLockedByWhoHasALockOnIt() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "abc");
        try (InputStream _ = Files.newInputStream(file)) {
            assertThat(host.processes().holding(file)).isEmpty();
            assertThat(host.processes().isLocked(file)).isFalse();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(host.processes().holding(file))
                    .extracting(RunningProcess::pid)
                    .containsExactly(ProcessHandle.current().pid());
            assertThat(host.processes().isLocked(file)).isFalse();
            var _ = channel.lock(1, 1, false);
            assertThat(host.processes().isLocked(file)).isTrue();
        }
        assertThat(host.processes().holding(file)).isEmpty();
        assertThat(host.processes().isLocked(file)).isFalse();
    }

    @Test
    void aProcessHoldsItsConnectionsOfBothFamiliesAndNoOnesElse() throws Exception {
        ProcessIdentity own = host.processes()
                .find(ProcessHandle.current().pid())
                .orElseThrow()
                .identity();
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(listening.getInetAddress(), listening.getLocalPort());
                Socket _ = listening.accept()) {
            InetSocketAddress near = (InetSocketAddress) client.getLocalSocketAddress();
            InetSocketAddress far = (InetSocketAddress) client.getRemoteSocketAddress();
            assertThat(host.processes().connections(own))
                    .contains(new TcpConnection(near, far), new TcpConnection(far, near));
            assertThat(host.processes().connections(new ProcessIdentity(1, 0)))
                    .doesNotContain(new TcpConnection(near, far));
        }
        String table = """
              0: 0000000000000000FFFF00000A00000A:9C41 0000000000000000FFFF00000500000A:1538 01 0:0 0:0 0 0 0 77 1
              1: B80D0120000000000000000001000000:9C42 B80D0120000000000000000002000000:1538 01 0:0 0:0 0 0 0 78 1
              2: 0100007F:9C43 0100007F:1538 06 0:0 0:0 0 0 0 79 1
            """;
        assertThat(TcpConnection.of("socket:[77]\nsocket:[78]\nsocket:[79]\n" + table))
                .containsExactlyInAnyOrder(
                        new TcpConnection(end("10.0.0.10", 40001), end("10.0.0.5", 5432)),
                        new TcpConnection(end("2001:db8::1", 40002), end("2001:db8::2", 5432)));
    }

    private static InetSocketAddress end(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    @Test
    void commandGetsExactlyItsArgumentsAndItsEnvironment() throws Exception {
        Exec.Result echo = host.run(
                new Exec(List.of("printf", "%s|", AWKWARD, "", "-x", "a=b"), Path.of("/"), null, "", LONG, 1 << 16));
        assertThat(echo.output()).isEqualTo(AWKWARD + "||-x|a=b|");

        Exec.Result variables =
                host.run(new Exec(List.of("/usr/bin/env", "-0"), directory, environment(), "", LONG, 1 << 16));
        assertThat(variables.output().split("\0"))
                .containsExactlyInAnyOrderElementsOf(environment().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toList());

        Exec.Result failed = host.run(Exec.of(LONG, "sh", "-c", "pwd; echo oops >&2; exit 3"));
        assertThat(failed.exitCode()).isEqualTo(3);
        assertThat(failed.errors()).isEqualTo("oops\n");
        Exec.Result last = host.run(new Exec(List.of("seq", "1", "100000"), Path.of("/"), null, "", LONG, 20));
        assertThat(last.output()).hasSize(20).endsWith("99999\n100000\n");
        assertThatIOException()
                .isThrownBy(() -> host.run(Exec.of(Duration.ofSeconds(1), "sh", "-c", "sleep 73 & sleep 73")))
                .withMessageContaining("killed");
        assertThatIOException().isThrownBy(() -> host.run(Exec.of(LONG, "/no/such/program")));
    }

    @Test
    void applicationGetsExactlyItsCommandLineEnvironmentAndDirectory() throws Exception {
        SleeperJar.in(directory, "app.jar");
        Files.writeString(directory.resolve("app.log"), "before\n");
        Launch launch =
                SleeperJar.launch(directory, List.of("a b", "", "$HOME", "*", "'"), environment(), host.uid(), 0);

        RunningProcess process = start(launch).orElseThrow();

        assertThat(process.argv()).isEqualTo(launch.argv());
        assertThat(process.directory()).contains(directory.toString());
        assertThat(process.jar()).contains("app.jar");
        assertThat(host.processes().environment(process.identity())).isEqualTo(environment());
        assertThat(host.processes().runningJarsIn(directory))
                .extracting(RunningProcess::identity)
                .containsExactly(process.identity());
        assertThat(host.processes().find(process.pid()).map(RunningProcess::argv))
                .contains(launch.argv());
        await().atMost(LONG)
                .until(() -> Files.readString(directory.resolve("app.log")).contains("listening on"));
        String[] stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ", -1);
        assertThat(List.of(stat[2], stat[3])).containsOnly(Long.toString(process.pid()));
        assertThat(Files.readString(directory.resolve("app.log"))).startsWith("before\nstarted in " + directory);
        assertThat(host.processes().outputFile(process.identity())).contains(directory.resolve("app.log"));
        int port =
                host.processes().listeningPorts(process.identity()).iterator().next();
        assertThat(host.processes().isListenedOn(port)).isTrue();
        assertThat(host.processes().listeningOn(port))
                .extracting(RunningProcess::pid)
                .containsExactly(process.pid());
        assertThat(host.processes().holding(directory.resolve("app.log")))
                .extracting(RunningProcess::pid)
                .containsExactly(process.pid());
        assertThat(host.processes().openFile(process.identity(), path -> path.endsWith("app.jar")))
                .contains(directory.resolve("app.jar"));
        Digested jar = DurableFiles.digest(directory.resolve("app.jar"));
        Files.writeString(directory.resolve("other"), "another");
        Files.move(directory.resolve("other"), directory.resolve("app.jar"), StandardCopyOption.REPLACE_EXISTING);
        Path open = host.processes()
                .openFile(process.identity(), path -> path.endsWith("app.jar"))
                .orElseThrow();
        assertThat(host.files().digest(open)).isEqualTo(jar);
    }

    @Test
    @RequiresRoot
    void processThatHasOtherFilesIsNoneOfTheHost() throws Exception {
        Process other = new ProcessBuilder("chroot", "/usr", "/bin/sh", "-c", "echo in; read -r end", "-jar", "app.jar")
                .start();
        try (BufferedReader output = other.inputReader()) {
            assertThat(output.readLine()).isEqualTo("in");
            assertThat(host.processes().find(other.pid()).flatMap(RunningProcess::jar))
                    .contains("app.jar");
            assertThat(host.processes().runningJars())
                    .extracting(RunningProcess::pid)
                    .doesNotContain(other.pid());
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void signalReachesOnlyTheVeryProcess() throws Exception {
        SleeperJar.in(directory, "app.jar");
        RunningProcess process = start(SleeperJar.launch(directory, List.of(), Map.of(), host.uid(), 0))
                .orElseThrow();
        ProcessIdentity reused =
                new ProcessIdentity(process.pid(), process.identity().startTicks() + 1);
        try (Fence.Held held = held()) {
            assertThat(held.signal(reused, Signal.KILL)).isFalse();
            assertThat(host.processes().runs(process.identity())).isTrue();
            assertThat(held.signal(process.identity(), Signal.TERM)).isTrue();
            await().atMost(LONG).until(() -> !host.processes().runs(process.identity()));
            assertThat(held.signal(process.identity(), Signal.KILL)).isFalse();
        }
        assertThat(host.processes().find(process.pid())).isEmpty();
        assertThat(host.processes().find(4_000_000)).isEmpty();
    }

    @RequiresRoot
    @Test
    void applicationInheritsWhatItHadFromWhoStartedIt() throws Exception {
        SleeperJar.in(directory, "app.jar");
        Launch launch = SleeperJar.launch(directory, List.of(), Map.of(), NOBODY, NOBODY);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Process byHand = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "umask 027; ulimit -n 3333; ulimit -Hc 4096; ulimit -Sc 1024; echo 123"
                                + " >/proc/self/oom_score_adj; echo 123 >/proc/$$/oom_score_adj; exec nice -n 7 ionice -c"
                                + " 2 -n 1 taskset -c 0 chrt --batch 0 setpriv --no-new-privs --reuid=65534 --regid=65534"
                                + " --groups=65534,12 --inh-caps=+net_bind_service --ambient-caps=+net_bind_service"
                                + " --bounding-set=-sys_time \"$@\"",
                        "sh",
                        SleeperJar.java(),
                        "-jar",
                        "app.jar")
                .directory(directory.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(directory.resolve("app.log").toFile())
                .redirectError(directory.resolve("errors.log").toFile())
                .start();
        RunningProcess before = awaitListening(byHand.pid());
        HowStarted how = host.processes().howStarted(before.identity());
        Inherited inherited = how.inherited();
        assertThat(inherited.umask()).isEqualTo("0027");
        assertThat(inherited.nice()).isEqualTo(7);
        assertThat(inherited.oomScoreAdjustment()).isEqualTo(123);
        assertThat(inherited.io()).isEqualTo("-c 2 -n 1");
        assertThat(inherited.cpus()).isEqualTo("0");
        assertThat(inherited.scheduling()).isEqualTo("--batch 0");
        assertThat(inherited.limits()).containsEntry("nofile", "3333:3333").containsEntry("core", "524288:2097152");
        assertThat(inherited.ambientCapabilities()).containsExactly(10);
        assertThat(inherited.droppedCapabilities()).containsExactly(25);
        assertThat(inherited.noNewPrivileges()).isTrue();
        assertThat(how.errorFile()).contains(directory.resolve("errors.log"));
        assertThat(how.elsewhere()).isEmpty();
        assertThat(how.lost()).isEmpty();
        LocalProcesses.signal(before.identity(), Signal.KILL);
        byHand.waitFor();
        Files.delete(directory.resolve("app.log"));
        Files.delete(directory.resolve("errors.log"));

        Launch written = new Launch(
                        launch.argv(),
                        Map.of("odd.name", "1", "PWD", "/elsewhere"),
                        before.uid(),
                        before.gid(),
                        before.groups(),
                        launch.user(),
                        launch.directory(),
                        launch.javaExecutable(),
                        launch.logFile(),
                        Map.of(),
                        null,
                        null)
                .as(how);
        try (Fence.Held held = held()) {
            LaunchFile.write(held, directory, written);
        }
        Launch read = LaunchFile.read(host, directory).orElseThrow();
        assertThat(read).isEqualTo(written);

        RunningProcess again = awaitListening(start(read).orElseThrow().pid());
        for (String made : List.of("app.log", "errors.log")) {
            assertThat(Files.getPosixFilePermissions(directory.resolve(made)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
        }
        assertThat(host.processes().howStarted(again.identity())).isEqualTo(how);
        assertThat(again.groups()).isEqualTo(before.groups());
        assertThat(host.processes().environment(again.identity())).isEqualTo(read.environment());
        Exec.Result command = host.run(Exec.of(
                read.withArgv(List.of("/bin/sh", "-c", "umask; ulimit -n; nice; grep CapAmb /proc/$$/status; id -G")),
                host.uid(),
                LONG));
        assertThat(command.output().lines())
                .containsExactly("0027", "3333", "7", "CapAmb:\t0000000000000400", "65534 12");
    }

    /** The dynamic linker, told so by its environment, makes a file for each program, which belongs to who ran it. */
    @Test
    @RequiresRoot
    void noProgramOfAnotherUserGetsTheEnvironment() throws Exception {
        SleeperJar.in(directory, "app.jar");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Map<String, String> environment = Map.of(
                "LD_DEBUG",
                "statistics",
                "LD_DEBUG_OUTPUT",
                directory.resolve("trace").toString(),
                "odd.name",
                "1");
        Launch launch = SleeperJar.launch(directory, List.of(), environment, NOBODY, NOBODY)
                .as(new HowStarted(
                        new Inherited(
                                null,
                                5,
                                100,
                                null,
                                null,
                                null,
                                Map.of("nofile", "999:999"),
                                List.of(),
                                List.of(),
                                true),
                        Optional.empty(),
                        List.of(),
                        List.of()));

        RunningProcess process = start(launch).orElseThrow();
        Exec.Result command = host.run(Exec.of(launch.withArgv(List.of("/usr/bin/env")), host.uid(), LONG));

        assertThat(host.processes().environment(process.identity())).isEqualTo(environment);
        assertThat(command.output().lines()).contains("odd.name=1");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("trace.")))
                    .hasSizeGreaterThan(1)
                    .allSatisfy(file ->
                            assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo((int) NOBODY));
        }
    }

    @Test
    void whatAStartWouldNotGiveIsSaid() throws Exception {
        SleeperJar.in(directory, "app.jar");
        Process elsewhere = new ProcessBuilder(
                        "unshare", "--net", "--mount", "--uts", SleeperJar.java(), "-jar", "app.jar")
                .directory(directory.toFile())
                .redirectInput(directory.resolve("app.jar").toFile())
                .start();
        RunningProcess process = awaitListening(elsewhere.pid());

        HowStarted how = host.processes().howStarted(process.identity());

        assertThat(how.elsewhere()).containsExactly("in another network namespace");
        assertThat(how.lost())
                .containsExactlyInAnyOrder(
                        "its own mount namespace",
                        "its own host name's namespace",
                        "its standard input",
                        "the program that its output goes to: it will go to a file in its directory");
    }

    @Test
    void whatIsNoTextInUtf8IsSeenAndNamed() throws Exception {
        SleeperJar.in(directory, "app.jar");
        Process latin = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "LATIN=$(printf 'M\\374ller') exec \"$0\" -jar app.jar \"$(printf 'M\\374ller')\"",
                        SleeperJar.java())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("app.log").toFile())
                .start();
        RunningProcess process = awaitListening(latin.pid());

        assertThat(host.processes().runningJarsIn(directory)).containsExactly(process);
        assertThat(process.argv().getLast()).isEqualTo("M\uFFFDller");
        assertThat(host.processes().environment(process.identity())).containsEntry("LATIN", "M\uFFFDller");
    }

    private RunningProcess awaitListening(long pid) throws Exception {
        await().atMost(LONG)
                .until(() -> host.processes()
                        .find(pid)
                        .filter(found -> found.jar().isPresent())
                        .isPresent());
        RunningProcess process = host.processes().find(pid).orElseThrow();
        started.add(process.identity());
        await().atMost(LONG)
                .until(() ->
                        !host.processes().listeningPorts(process.identity()).isEmpty());
        return process;
    }

    @Test
    @RequiresRoot
    void applicationRunsAsItsOwnUser() throws Exception {
        SleeperJar.in(directory, "app.jar");
        RunningProcess process = start(SleeperJar.launch(directory, List.of(), Map.of(), NOBODY, NOBODY))
                .orElseThrow();

        assertThat(process.uid()).isEqualTo(NOBODY);
        assertThat(process.gid()).isEqualTo(NOBODY);
        assertThat(process.groups()).isEmpty();
        assertThat(Files.getAttribute(directory.resolve("app.log"), "unix:uid")).isEqualTo((int) NOBODY);
        try (Fence.Held held = held()) {
            held.setOwner(directory.resolve("app.log"), 1, 2);
        }
        assertThat(Files.getAttribute(directory.resolve("app.log"), "unix:gid")).isEqualTo(2);
    }

    @Test
    void startThatFailsLeavesItsReasonInTheLogAndALogThatIsALinkAlone() throws Exception {
        Launch launch = SleeperJar.launch(directory, List.of(), Map.of(), host.uid(), 0);
        Optional<RunningProcess> process = start(launch.withArgv(List.of("/no/such/java", "-jar", "app.jar")));
        assertThat(process.isPresent() && host.processes().runs(process.get().identity()))
                .isFalse();
        assertThat(Files.readString(directory.resolve("app.log"))).contains("/no/such/java");

        Path victim = Files.writeString(directory.resolve("victim"), "");
        Files.delete(directory.resolve("app.log"));
        Files.createSymbolicLink(directory.resolve("app.log"), victim);
        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(() -> start(launch));
        assertThat(victim).isEmptyFile();
    }

    @Test
    void portOnTheHostIsReached() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress reached = host.reach("127.0.0.1", server.getLocalPort());
            try (Socket client = new Socket(reached.getHostString(), reached.getPort());
                    Socket accepted = server.accept()) {
                try (OutputStream out = accepted.getOutputStream()) {
                    out.write("hello".getBytes(StandardCharsets.US_ASCII));
                }
                assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("hello");
            }
            assertThat(host.reach("127.0.0.1", server.getLocalPort())).isEqualTo(reached);
        }
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PLAIN", "x");
        environment.put("EMPTY", "");
        environment.put("AWKWARD", AWKWARD);
        environment.put("SPACE D", "v");
        environment.put("PWD", "/elsewhere");
        environment.put("uplift_words", "1");
        environment.put("IFS", "x");
        return environment;
    }

    private Optional<RunningProcess> start(Launch launch) throws Exception {
        try (Fence.Held held = held()) {
            Optional<RunningProcess> process = held.start(launch);
            process.ifPresent(running -> started.add(running.identity()));
            return process;
        }
    }
}
