package dev.uplift.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The processes of this machine, read from {@code /proc}. */
final class LocalProcesses implements HostProcesses {
    private static final Path PROC = Path.of("/proc");
    private static final String DELETED = " (deleted)";
    private static final String LISTENING = "0A";

    @Override
    public Optional<RunningProcess> find(long pid) {
        Path directory = PROC.resolve(Long.toString(pid));
        try {
            Stat stat = Stat.of(Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1));
            if (stat.ended()) {
                return Optional.empty();
            }
            Map<String, String> status = status(directory);
            return Optional.of(new RunningProcess(
                    new ProcessIdentity(pid, stat.startTicks()),
                    stat.parentPid(),
                    strings(directory.resolve("cmdline")),
                    link(directory.resolve("cwd")),
                    link(directory.resolve("exe")),
                    effective(status, "Uid"),
                    effective(status, "Gid"),
                    numbers(status.getOrDefault("Groups", ""))));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<RunningProcess> runningJars() {
        List<RunningProcess> found = new ArrayList<>();
        for (long pid : pids()) {
            find(pid).filter(process -> process.jar().isPresent()).ifPresent(found::add);
        }
        return found;
    }

    @Override
    public boolean runs(ProcessIdentity identity) {
        return runsNow(identity);
    }

    private static boolean runsNow(ProcessIdentity identity) {
        Path stat = PROC.resolve(Long.toString(identity.pid())).resolve("stat");
        try {
            Stat seen = Stat.of(Files.readString(stat, StandardCharsets.ISO_8859_1));
            return !seen.ended() && seen.startTicks() == identity.startTicks();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Map<String, String> environment(ProcessIdentity identity) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String entry : strings(PROC.resolve(Long.toString(identity.pid())).resolve("environ"))) {
            int equals = entry.indexOf('=', 1);
            if (equals > 0) {
                environment.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        if (!runs(identity)) {
            throw new IOException("process " + identity.pid() + " has ended");
        }
        return environment;
    }

    @Override
    public Set<Integer> listeningPorts(ProcessIdentity identity) {
        Set<String> sockets = new HashSet<>();
        Path directory = PROC.resolve(Long.toString(identity.pid()));
        for (String target : descriptors(directory).values()) {
            if (target.startsWith("socket:[")) {
                sockets.add(target.substring("socket:[".length(), target.length() - 1));
            }
        }
        Set<Integer> ports = new TreeSet<>();
        for (Listener listener : listeners(directory.resolve("net"))) {
            if (sockets.contains(listener.inode())) {
                ports.add(listener.port());
            }
        }
        return ports;
    }

    @Override
    public boolean isListenedOn(int port) {
        return listeners(PROC.resolve("self/net")).stream().anyMatch(listener -> listener.port() == port);
    }

    @Override
    public List<RunningProcess> listeningOn(int port) {
        Set<String> sockets = new HashSet<>();
        for (Listener listener : listeners(PROC.resolve("self/net"))) {
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
                    .anyMatch(open -> open.getValue().startsWith("/") && isFile(open.getKey(), key));
            if (holds) {
                find(pid).ifPresent(holders::add);
            }
        }
        return holders;
    }

    @Override
    public Optional<Path> openFile(ProcessIdentity identity, Predicate<Path> name) {
        return descriptors(PROC.resolve(Long.toString(identity.pid()))).entrySet().stream()
                .filter(open -> open.getValue().startsWith("/") && name.test(Path.of(open.getValue())))
                .map(Map.Entry::getKey)
                .findFirst();
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

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private record Listener(int port, String inode) {}

    private static List<Listener> listeners(Path net) {
        List<Listener> listeners = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            List<String> lines;
            try {
                lines = Files.readAllLines(net.resolve(table), StandardCharsets.US_ASCII);
            } catch (IOException e) {
                continue;
            }
            for (String line : lines) {
                String[] columns = line.strip().split("\\s+", -1);
                if (columns.length > 9 && columns[3].equals(LISTENING)) {
                    String address = columns[1];
                    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
                    listeners.add(new Listener(port, columns[9]));
                }
            }
        }
        return listeners;
    }

    private static Optional<String> link(Path link) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            return Optional.of(
                    target.endsWith(DELETED) ? target.substring(0, target.length() - DELETED.length()) : target);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static List<String> strings(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        List<String> strings = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < content.length; i++) {
            if (content[i] == 0) {
                strings.add(text(Arrays.copyOfRange(content, from, i)));
                from = i + 1;
            }
        }
        return strings;
    }

    private static String text(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }

    private static Map<String, String> status(Path process) throws IOException {
        Map<String, String> status = new LinkedHashMap<>();
        for (String line : Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                status.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return status;
    }

    /** The second of real, effective, saved and file-system id. */
    private static long effective(Map<String, String> status, String key) throws IOException {
        List<Long> ids = numbers(status.getOrDefault(key, ""));
        if (ids.size() < 2) {
            throw new IOException("/proc shows no " + key);
        }
        return ids.get(1);
    }

    private static List<Long> numbers(String text) {
        return Arrays.stream(text.split("\\s+", -1))
                .filter(number -> !number.isEmpty())
                .map(Long::valueOf)
                .toList();
    }

    /** Fields of {@code /proc/PID/stat}. The second is the program's name in parentheses and may hold anything. */
    private record Stat(String state, long parentPid, long startTicks) {
        private static final int AFTER_NAME_START_TICKS = 19;

        static Stat of(String line) {
            String[] fields = line.substring(line.lastIndexOf(')') + 2).strip().split(" ", -1);
            return new Stat(fields[0], Long.parseLong(fields[1]), Long.parseLong(fields[AFTER_NAME_START_TICKS]));
        }

        boolean ended() {
            return state.equals("Z") || state.equals("X");
        }
    }
}
