package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link Host} promises. The host is this machine in truth, so that the test can look at it itself. */
abstract class HostContractTest {
    private static final UUID INSTALLATION = UUID.randomUUID();
    private static final long NOBODY = 65534;
    private static final Duration LONG = Duration.ofSeconds(30);

    /** A name, an argument and a value of every character that may be in one, and what shells do things with. */
    static final String AWKWARD = "-n $(id) `id` \\ \\\\ ' '' \" * ? [a] ~ ; & | < > ( ) { } ! # % \n\t\r"
            + IntStream.concat(IntStream.rangeClosed(1, 46), IntStream.rangeClosed(48, 0x17F))
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            + "\u20AC \uD83D\uDE80 ' end";

    @TempDir
    Path temporary;

    Path directory;
    Host host;
    private final List<ProcessIdentity> started = new ArrayList<>();

    abstract Host host() throws Exception;

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        host = host();
    }

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(process -> LocalProcesses.signal(process, Signal.KILL));
    }

    Fence.Held held() throws Exception {
        return host.fence(directory).hold(token(1));
    }

    static FenceToken token(long epoch) {
        return new FenceToken(INSTALLATION, epoch, 0, 1, 1);
    }

    @Test
    void aNameIsWhatItIsWithoutFollowingIt() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "abc");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-x--x"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));

        FileStatus status = host.files().status(file).orElseThrow();

        assertThat(status.kind()).isEqualTo(FileStatus.Kind.FILE);
        assertThat(status.sizeBytes()).isEqualTo(3);
        assertThat(PosixFilePermissions.toString(status.mode())).isEqualTo("rw-r-x--x");
        assertThat(status.uid()).isEqualTo(host.uid());
        assertThat(host.files().isLink(link)).isTrue();
        assertThat(host.files().isFile(link)).isFalse();
        assertThat(host.files().isDirectory(directory)).isTrue();
        assertThat(host.files().linkTarget(link)).contains(Path.of("file"));
        assertThat(host.files().linkTarget(file)).isEmpty();
        assertThat(host.files().linkTarget(directory.resolve("none"))).isEmpty();
        assertThat(host.files().status(directory.resolve("none"))).isEmpty();
        assertThat(host.files().realPath(link)).isEqualTo(file);
        assertThat(host.files().status(Path.of("/dev/null")).orElseThrow().kind())
                .isEqualTo(FileStatus.Kind.OTHER);
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().realPath(directory.resolve("none")));
    }

    @Test
    void contentIsReadWholeInPartsAndAsItsHash() throws Exception {
        byte[] content = new byte[300_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + i / 251);
        }
        Path file = Files.write(directory.resolve(AWKWARD.substring(0, 60)), content);

        assertThat(host.files().read(file, content.length)).isEqualTo(content);
        assertThatIOException().isThrownBy(() -> host.files().read(file, content.length - 1));
        try (InputStream in = host.files().stream(file)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        try (SeekableByteChannel channel = host.files().open(file)) {
            assertThat(channel.size()).isEqualTo(content.length);
            for (int at : List.of(299_990, 5, 131_070, 131_072)) {
                ByteBuffer part = ByteBuffer.allocate(4);
                channel.position(at);
                while (part.hasRemaining()) {
                    channel.read(part);
                }
                assertThat(part.array())
                        .containsExactly(content[at], content[at + 1], content[at + 2], content[at + 3]);
            }
            channel.position(content.length);
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        assertThat(host.files().digest(file)).isEqualTo(DurableFiles.digest(file));
        assertThat(host.files().usedBytes(directory)).isEqualTo(content.length);
        assertThat(host.files().usedBytes(directory.resolve("none"))).isZero();
        assertThat(host.files().freeBytes(directory)).isPositive();
        assertThat(host.files().list(directory)).containsExactly(AWKWARD.substring(0, 60));
        assertThat(host.files().list(file)).isEmpty();
        assertThat(host.files().list(directory.resolve("none"))).isEmpty();
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().read(directory.resolve("none"), 10));
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> host.files().digest(directory.resolve("none")));
        assertThat(host.files().program(file)).isEmpty();
        assertThat(host.files().program(Path.of("/bin/sh")))
                .contains(Path.of("/bin/sh").toRealPath());
    }

    @Test
    void filesAreChangedInOneStepAndLeaveNothingBeside() throws Exception {
        String name = AWKWARD.substring(0, 60);
        Path victim = Files.writeString(directory.resolve("victim"), "safe");
        Path file = Files.createSymbolicLink(directory.resolve(name), victim);
        byte[] content = AWKWARD.getBytes(StandardCharsets.UTF_8);
        try (Fence.Held held = held()) {
            held.write(file, content, DurableFiles.OWNER_ONLY);
            assertThat(file).isRegularFile().hasBinaryContent(content);
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFiles.OWNER_ONLY);
            held.setMode(file, DurableFiles.READABLE);
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFiles.READABLE);
            assertThat(victim).hasContent("safe");

            Path inner = directory.resolve("inner");
            held.createDirectory(inner, DurableFiles.READABLE_DIRECTORY);
            held.createDirectory(inner, DurableFiles.READABLE_DIRECTORY);
            assertThat(Files.getPosixFilePermissions(inner)).isEqualTo(DurableFiles.READABLE_DIRECTORY);
            assertThatExceptionOfType(UnexpectedPathException.class)
                    .isThrownBy(() -> held.createDirectory(victim, DurableFiles.READABLE_DIRECTORY));

            held.moveInto(file, inner.resolve(name));
            assertThat(inner.resolve(name)).hasBinaryContent(content);
            assertThat(file).doesNotExist();
            assertThatIOException().isThrownBy(() -> held.moveInto(file, inner.resolve("x")));

            held.hardLink(directory.resolve("second"), victim);
            held.hardLink(directory.resolve("second"), victim);
            assertThat(Files.getAttribute(victim, "unix:nlink")).isEqualTo(2);

            Path link = directory.resolve("second");
            held.replaceLink(link, Path.of("inner", name));
            held.replaceLink(link, Path.of("inner"));
            held.replaceLink(link, Path.of("inner"));
            assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("inner"));

            held.delete(link);
            held.delete(link);
            assertThat(inner).isNotEmptyDirectory();
            Files.createSymbolicLink(inner.resolve("out"), victim);
            held.delete(inner);
            assertThat(inner).doesNotExist();
            assertThat(victim).hasContent("safe");
        }
        assertThat(host.files().list(directory)).containsExactlyInAnyOrder("victim", ".uplift");
    }

    @Test
    void directoriesAreCopiedWithModesAndPutBack() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        Files.createDirectory(from.resolve("deep"));
        Path file = Files.writeString(from.resolve("deep/a b"), "one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx-w--w-"));
        Files.createSymbolicLink(from.resolve("link"), Path.of("deep"));
        Path kept = directory.resolve("kept");
        try (Fence.Held held = held()) {
            held.copyTree(from, kept);
            Files.writeString(file, "changed");
            Files.writeString(from.resolve("new"), "new");
            held.replaceTree(kept, from);
            held.replaceTree(kept, from);
        }
        assertThat(file).hasContent("one");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rwx-w--w-");
        assertThat(from.resolve("new")).doesNotExist();
        assertThat(Files.readSymbolicLink(from.resolve("link"))).isEqualTo(Path.of("deep"));
        assertThat(host.files().list(directory)).containsExactlyInAnyOrder("from", "kept", ".uplift");
    }

    @Test
    void onlyTheNewestIsLetBehindTheFence() throws Exception {
        Fence fence = host.fence(directory);
        assertThat(fence.last()).isEmpty();
        fence.hold(token(7)).close();
        fence.hold(token(7)).close();

        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> fence.hold(token(6)))
                .withMessageContaining("epoch 7");
        assertThat(fence.last()).contains(token(7));
        UUID other = UUID.randomUUID();
        assertThatExceptionOfType(FencedException.class)
                .isThrownBy(() -> fence.hold(new FenceToken(other, 9, 0, 1, 1)));
        try (Fence.Held held = fence.claim(other)) {
            held.write(directory.resolve("claimed"), new byte[0], DurableFiles.READABLE);
        }
        assertThatExceptionOfType(FencedException.class).isThrownBy(() -> fence.hold(token(99)));
        fence.hold(new FenceToken(other, 1, 0, 1, 1)).close();
        fence.claim(other).close();
        assertThat(fence.last()).contains(new FenceToken(other, 1, 0, 1, 1));
    }

    @Test
    void stateThatIsNotOursIsNotBelieved() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createSymbolicLink(directory.resolve(".uplift"), elsewhere);
        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(this::held);
        assertThat(elsewhere).isEmptyDirectory();

        Files.delete(directory.resolve(".uplift"));
        held().close();
        Files.writeString(directory.resolve(".uplift/fence"), "3 0");
        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(this::held);

        Path moved = Files.move(directory.resolve("elsewhere"), directory.resolve("moved"));
        Files.createSymbolicLink(directory.resolve("elsewhere"), moved);
        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> host.fence(directory.resolve("elsewhere")).hold(token(1)));
        assertThat(moved).isEmptyDirectory();
    }

    @Test
    void fileIsBroughtOnceAndWhatWasCutOffIsGoneOnWith() throws Exception {
        byte[] content = AWKWARD.repeat(500).getBytes(StandardCharsets.UTF_8);
        Path source = Files.write(directory.resolve("source"), content);
        String sha256 = DurableFiles.digest(source).sha256();
        Fence fence = host.fence(directory);
        List<Long> offsets = new ArrayList<>();
        Fence.Content whole = offset -> {
            offsets.add(offset);
            return new ByteArrayInputStream(content, (int) offset, content.length - (int) offset);
        };
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> fence.bring(whole, sha256, content.length, bytes -> {
                    if (bytes > 300_000) {
                        throw new IllegalStateException("cut off");
                    }
                }));
        List<Long> brought = new ArrayList<>();

        Path there = fence.bring(whole, sha256, content.length, brought::add);

        assertThat(there).hasBinaryContent(content);
        assertThat(Files.getPosixFilePermissions(there)).isEqualTo(DurableFiles.OWNER_ONLY);
        assertThat(offsets).hasSize(2).element(1).matches(offset -> offset > 100_000);
        assertThat(brought).last().isEqualTo((long) content.length);
        assertThat(fence.bring(whole, sha256, content.length, brought::add)).isEqualTo(there);
        assertThat(offsets).hasSize(2);

        Files.write(there, new byte[1_000]);
        fence.bring(whole, sha256, content.length, brought::add);
        assertThat(there).hasBinaryContent(content);
        assertThat(offsets).hasSize(4).endsWith(1_000L, 0L);

        Files.delete(there);
        assertThatExceptionOfType(WrongContentException.class)
                .isThrownBy(() -> fence.bring(
                        _ -> new ByteArrayInputStream(content, 1, content.length - 1),
                        sha256,
                        content.length,
                        _ -> {}));
        assertThatExceptionOfType(WrongContentException.class)
                .isThrownBy(() -> fence.bring(whole, sha256, content.length - 1, _ -> {}));
        assertThat(fence.incoming()).isEmptyDirectory();
    }

    @Test
    void commandGetsExactlyItsArgumentsAndItsEnvironment() throws Exception {
        Exec.Result echo = host.run(
                new Exec(List.of("printf", "%s|", AWKWARD, "", "-x", "a=b"), Path.of("/"), null, LONG, 1 << 16));
        assertThat(echo.output()).isEqualTo(AWKWARD + "||-x|a=b|");

        Exec.Result variables =
                host.run(new Exec(List.of("/usr/bin/env", "-0"), directory, environment(), LONG, 1 << 16));
        assertThat(variables.output().split("\0"))
                .containsExactlyInAnyOrderElementsOf(environment().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toList());

        Exec.Result failed = host.run(Exec.of(LONG, "sh", "-c", "pwd; echo oops >&2; exit 3"));
        assertThat(failed.exitCode()).isEqualTo(3);
        assertThat(failed.errors()).isEqualTo("oops\n");
        Exec.Result last = host.run(new Exec(List.of("seq", "1", "100000"), Path.of("/"), null, LONG, 20));
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
        Launch launch = launch(List.of("a b", "", "$HOME", "*", "'"), environment(), host.uid(), 0);

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
        Digested jar = DurableFiles.digest(directory.resolve("app.jar"));
        Files.writeString(directory.resolve("other"), "another");
        Files.move(directory.resolve("other"), directory.resolve("app.jar"), StandardCopyOption.REPLACE_EXISTING);
        Path open = host.processes()
                .openFile(process.identity(), path -> path.endsWith("app.jar"))
                .orElseThrow();
        assertThat(host.files().digest(open)).isEqualTo(jar);
    }

    @Test
    void signalReachesOnlyTheVeryProcess() throws Exception {
        SleeperJar.in(directory, "app.jar");
        RunningProcess process =
                start(launch(List.of(), Map.of(), host.uid(), 0)).orElseThrow();
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

    @Test
    @EnabledIf("root")
    void applicationRunsAsItsOwnUser() throws Exception {
        SleeperJar.in(directory, "app.jar");
        RunningProcess process =
                start(launch(List.of(), Map.of(), NOBODY, NOBODY)).orElseThrow();

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
        Launch launch = launch(List.of(), Map.of(), host.uid(), 0);
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
        return new LocalHost().uid() == 0;
    }
}
