/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The processes of this machine, read from {@code /proc}. */
final class LocalProcesses implements HostProcesses {
    private static final Path PROC = Path.of("/proc");
    private static final Duration ANSWER_MAX = Duration.ofMinutes(1);

    @Override
    public Optional<RunningProcess> find(long pid) {
        Path directory = PROC.resolve(Long.toString(pid));
        try {
            return ProcText.process(
                    pid,
                    Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1),
                    Files.readString(directory.resolve("status"), StandardCharsets.ISO_8859_1),
                    Files.readAllBytes(directory.resolve("cmdline")),
                    link(directory.resolve("cwd")),
                    link(directory.resolve("exe")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<RunningProcess> runningJars() throws IOException {
        return JvmStart.over(this::jars);
    }

    private List<RunningProcess> jars() {
        List<RunningProcess> found = new ArrayList<>();
        for (long pid : pids()) {
            find(pid)
                    .filter(process -> process.jar().isPresent() && hasOurFiles(pid))
                    .ifPresent(found::add);
        }
        return found;
    }

    private static boolean hasOurFiles(long pid) {
        try {
            return fileKey(PROC.resolve(Long.toString(pid)).resolve("root")).equals(fileKey(Path.of("/")));
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public boolean runs(ProcessIdentity identity) {
        return runsNow(identity);
    }

    private static boolean runsNow(ProcessIdentity identity) {
        Path stat = PROC.resolve(Long.toString(identity.pid())).resolve("stat");
        try {
            ProcText.Stat seen = ProcText.Stat.of(Files.readString(stat, StandardCharsets.ISO_8859_1));
            return !seen.ended() && seen.startTicks() == identity.startTicks();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Map<String, String> environment(ProcessIdentity identity) throws IOException {
        Map<String, String> environment = ProcText.environment(
                Files.readAllBytes(PROC.resolve(Long.toString(identity.pid())).resolve("environ")));
        if (!runs(identity)) {
            throw new IOException("process " + identity.pid() + " has ended");
        }
        return environment;
    }

    @Override
    public HowStarted howStarted(ProcessIdentity identity) throws IOException, InterruptedException {
        String pid = Long.toString(identity.pid());
        Exec.Result answer = Exec.of(
                        ANSWER_MAX, "/bin/sh", "-c", "exec 2>/dev/null\n" + HowStartedText.SCRIPT, "sh", pid)
                .run();
        HowStarted seen = HowStartedText.of(identity.pid(), answer.output());
        if (!runs(identity)) {
            throw new IOException("process " + identity.pid() + " has ended");
        }
        return seen;
    }

    @Override
    public Set<Integer> listeningPorts(ProcessIdentity identity) {
        Path directory = PROC.resolve(Long.toString(identity.pid()));
        Set<String> sockets = sockets(directory);
        Set<Integer> ports = new TreeSet<>();
        for (ProcText.Listener listener : listeners(directory.resolve("net"))) {
            if (sockets.contains(listener.inode())) {
                ports.add(listener.port());
            }
        }
        return ports;
    }

    @Override
    public Set<TcpConnection> connections(ProcessIdentity identity) {
        Path directory = PROC.resolve(Long.toString(identity.pid()));
        Set<String> sockets = sockets(directory);
        Set<TcpConnection> connections = new LinkedHashSet<>();
        for (String table : List.of("net/tcp", "net/tcp6")) {
            connections.addAll(ProcText.connections(lines(directory.resolve(table)), sockets::contains));
        }
        return connections;
    }

    private static Set<String> sockets(Path process) {
        return ProcText.sockets(String.join("\n", descriptors(process).values()));
    }

    @Override
    public boolean isListenedOn(int port) {
        return listeners(PROC.resolve("self/net")).stream().anyMatch(listener -> listener.port() == port);
    }

    @Override
    public List<RunningProcess> listeningOn(int port) {
        Set<String> sockets = new HashSet<>();
        for (ProcText.Listener listener : listeners(PROC.resolve("self/net"))) {
            if (listener.port() == port) {
                sockets.add("socket:[" + listener.inode() + "]");
            }
        }
        List<RunningProcess> found = new ArrayList<>();
        for (long pid : sockets.isEmpty() ? List.<Long>of() : pids()) {
            if (descriptors(PROC.resolve(Long.toString(pid))).values().stream().anyMatch(sockets::contains)) {
                find(pid).ifPresent(found::add);
            }
        }
        return found;
    }

    @Override
    public List<RunningProcess> holding(Path file) throws IOException {
        Object key = fileKey(file);
        List<RunningProcess> holders = new ArrayList<>();
        for (long pid : pids()) {
            boolean holds = descriptors(PROC.resolve(Long.toString(pid))).entrySet().stream()
                    .anyMatch(open ->
                            open.getValue().startsWith("/") && isFile(open.getKey(), key) && isWritten(open.getKey()));
            if (holds) {
                find(pid).ifPresent(holders::add);
            }
        }
        return holders;
    }

    @Override
    public boolean isLocked(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
                FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
        }
    }

    @Override
    public Optional<Path> openFile(ProcessIdentity identity, Predicate<Path> name) {
        return descriptors(PROC.resolve(Long.toString(identity.pid()))).entrySet().stream()
                .filter(open -> open.getValue().startsWith("/") && name.test(Path.of(open.getValue())))
                .flatMap(open -> readable(open.getKey(), Path.of(open.getValue())).stream())
                .findFirst();
    }

    /** The path that leads to an open file for longest; empty if it has been closed. */
    private static Optional<Path> readable(Path descriptor, Path file) {
        if (isSame(descriptor, file)) {
            return Optional.of(file);
        }
        return Files.exists(descriptor) ? Optional.of(descriptor) : Optional.empty();
    }

    private static boolean isSame(Path descriptor, Path file) {
        try {
            return Files.isSameFile(descriptor, file);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Optional<Path> outputFile(ProcessIdentity identity) {
        return link(PROC.resolve(Long.toString(identity.pid())).resolve("fd/1"))
                .filter(target -> target.startsWith("/") && !target.startsWith("/dev/"))
                .map(Path::of)
                .filter(Files::isRegularFile);
    }

    /**
     * Sends a signal to this very process; to nobody if it has ended, even if its pid is used again.
     *
     * @return whether it was sent
     */
    static boolean signal(ProcessIdentity identity, Signal signal) {
        Optional<ProcessHandle> handle = ProcessHandle.of(identity.pid());
        if (handle.isEmpty() || !runsNow(identity)) {
            return false;
        }
        return switch (signal) {
            case TERM -> handle.get().destroy();
            case KILL -> handle.get().destroyForcibly();
        };
    }

    private static List<Long> pids() {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                pids.add(Long.parseLong(entry.getFileName().toString()));
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("/proc cannot be read", e);
        }
        return pids;
    }

    private static Map<Path, String> descriptors(Path process) {
        Map<Path, String> targets = new LinkedHashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path entry : entries) {
                link(entry).ifPresent(target -> targets.put(entry, target));
            }
        } catch (IOException | DirectoryIteratorException e) {
            return targets;
        }
        return targets;
    }

    private static boolean isFile(Path descriptor, Object key) {
        try {
            return key.equals(fileKey(descriptor));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isWritten(Path descriptor) {
        Path info = descriptor.resolveSibling("../fdinfo").resolve(String.valueOf(descriptor.getFileName()));
        try {
            return ProcText.isWritten(Files.readAllLines(info.normalize(), StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static List<ProcText.Listener> listeners(Path net) {
        List<ProcText.Listener> listeners = new ArrayList<>(listenersIn(net.resolve("tcp")));
        listeners.addAll(listenersIn(net.resolve("tcp6")));
        return listeners;
    }

    private static List<ProcText.Listener> listenersIn(Path table) {
        return ProcText.listeners(lines(table));
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return List.of();
        }
    }

    private static Optional<String> link(Path link) {
        try {
            return Optional.of(ProcText.target(Files.readSymbolicLink(link).toString()));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
