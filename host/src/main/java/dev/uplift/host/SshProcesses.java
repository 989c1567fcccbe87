/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The processes of a host that is reached through SSH. Each question is one script, so that it costs one round trip. */
final class SshProcesses implements HostProcesses {
    /** Shows a process in one line, each file of it as base64 behind an equals sign. */
    static final String SHOW = """
            b64() { printf ' ='; base64 -w0; }
            show() {
              [ -r "/proc/$1/stat" ] || return 0
              printf '%s' "$1"
              b64 <"/proc/$1/stat"; b64 <"/proc/$1/status"; b64 <"/proc/$1/cmdline"
              readlink -n "/proc/$1/cwd" | b64; readlink -n "/proc/$1/exe" | b64
              echo
            }
            """;

    private static final int STAT_BYTES_MAX = 10_000;
    private static final Duration ANSWER_MAX = Duration.ofMinutes(1);

    private final SshConnection connection;
    private final SshFiles files;

    SshProcesses(SshConnection connection, SshFiles files) {
        this.connection = connection;
        this.files = files;
    }

    @Override
    public Optional<RunningProcess> find(long pid) throws IOException {
        return shown(ask(SHOW + "show \"$1\"\n", Long.toString(pid))).stream().findFirst();
    }

    @Override
    public List<RunningProcess> runningJars() throws IOException {
        return JvmStart.over(this::jars);
    }

    private List<RunningProcess> jars() throws IOException {
        return shown(ask(SHOW + """
                for file in $(grep -lzxFe -jar /proc/[0-9]*/cmdline); do
                  [ -e "${file%/*}/root/" ] && ! [ "${file%/*}/root/" -ef / ] && continue
                  pid=${file#/proc/}; show "${pid%/*}"
                done
                """)).stream()
                .filter(process -> process.jar().isPresent())
                .toList();
    }

    @Override
    public boolean runs(ProcessIdentity identity) throws IOException {
        Path stat = Path.of("/proc", Long.toString(identity.pid()), "stat");
        try {
            ProcText.Stat seen =
                    ProcText.Stat.of(new String(files.read(stat, STAT_BYTES_MAX), StandardCharsets.ISO_8859_1));
            return !seen.ended() && seen.startTicks() == identity.startTicks();
        } catch (FileSystemException e) {
            return false;
        }
    }

    @Override
    public Map<String, String> environment(ProcessIdentity identity) throws IOException {
        String text = ask("printf =; base64 -w0 \"/proc/$1/environ\" && echo =\n", Long.toString(identity.pid()));
        if (!text.strip().endsWith("=") || text.strip().length() < 2) {
            throw new IOException("the environment of process " + identity.pid() + " cannot be read");
        }
        String content = text.strip();
        Map<String, String> environment =
                ProcText.environment(Base64.getDecoder().decode(content.substring(1, content.length() - 1)));
        if (!runs(identity)) {
            throw new IOException("process " + identity.pid() + " has ended");
        }
        return environment;
    }

    @Override
    public HowStarted howStarted(ProcessIdentity identity) throws IOException {
        HowStarted seen = HowStartedText.of(identity.pid(), ask(HowStartedText.SCRIPT, Long.toString(identity.pid())));
        if (!runs(identity)) {
            throw new IOException("process " + identity.pid() + " has ended");
        }
        return seen;
    }

    @Override
    public Set<Integer> listeningPorts(ProcessIdentity identity) throws IOException {
        String text = network(identity);
        Set<String> sockets = ProcText.sockets(text);
        Set<Integer> ports = new TreeSet<>();
        for (ProcText.Listener listener : ProcText.listeners(text.lines().toList())) {
            if (sockets.contains(listener.inode())) {
                ports.add(listener.port());
            }
        }
        return ports;
    }

    @Override
    public Set<TcpConnection> connections(ProcessIdentity identity) throws IOException {
        return TcpConnection.of(network(identity));
    }

    /** The sockets of a process, and all of its network. */
    private String network(ProcessIdentity identity) throws IOException {
        return ask("""
            find "/proc/$1/fd" -maxdepth 1 -lname 'socket:*' -printf '%l\\n'
            cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6"
            """, Long.toString(identity.pid()));
    }

    @Override
    public boolean isListenedOn(int port) throws IOException {
        return !sockets(port).isEmpty();
    }

    @Override
    public List<RunningProcess> listeningOn(int port) throws IOException {
        List<String> sockets = sockets(port);
        if (sockets.isEmpty()) {
            return List.of();
        }
        return shown(ask(SHOW + """
                        for socket in "$@"; do
                          find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\\\\[$socket\\\\]" -printf '%h\\n'
                        done | sort -u | while read -r fd; do
                          pid=${fd#/proc/}; show "${pid%/*}"
                        done
                        """, sockets.toArray(String[]::new)));
    }

    @Override
    public List<RunningProcess> holding(Path file) throws IOException {
        return shown(ask(SHOW + """
                find -L /proc/[0-9]*/fd -maxdepth 1 -samefile "$1" -printf '%h %f\\n' | while read -r fd name; do
                  if grep -q '^flags:.*[123567]$' "${fd%/*}/fdinfo/$name"; then echo "$fd"; fi
                done | sort -u | while read -r fd; do
                  pid=${fd#/proc/}; show "${pid%/*}"
                done
                """, file.toString()));
    }

    @Override
    public boolean isLocked(Path file) throws IOException {
        List<String> lines = files.shell(
                        file, ANSWER_MAX, "stat -Lc '%d %i' -- \"$1\"\ncat /proc/locks\n", file.toString())
                .text()
                .lines()
                .toList();
        String[] numbers = lines.getFirst().split(" ", -1);
        return ProcText.isLocked(
                lines.subList(1, lines.size()), Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
    }

    @Override
    public Optional<Path> openFile(ProcessIdentity identity, Predicate<Path> name) throws IOException {
        String[] fields = ask(
                        "find \"/proc/$1/fd\" -maxdepth 1 -lname '/*' -printf '%p\\0%l\\0'\n",
                        Long.toString(identity.pid()))
                .split("\0", -1);
        for (int i = 0; i + 1 < fields.length; i += 2) {
            String file = ProcText.target(fields[i + 1]);
            if (name.test(Path.of(file))) {
                String longest = ask("""
                        if [ "$1" -ef "$2" ]; then echo file; elif [ -e "$1" ]; then echo descriptor; fi
                        """, fields[i], file).strip();
                if (!longest.isEmpty()) {
                    return Optional.of(Path.of(longest.equals("file") ? file : fields[i]));
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<Path> outputFile(ProcessIdentity identity) throws IOException {
        String target = ask(
                "target=$(readlink \"/proc/$1/fd/1\"); [ ! -f \"$target\" ] || printf '%s' \"$target\"\n",
                Long.toString(identity.pid()));
        return target.startsWith("/") && !target.startsWith("/dev/") ? Optional.of(Path.of(target)) : Optional.empty();
    }

    /** The processes that {@code show} has shown. */
    static List<RunningProcess> shown(String lines) throws IOException {
        List<RunningProcess> processes = new ArrayList<>();
        for (String line : lines.lines().toList()) {
            String[] fields = line.split(" =", -1);
            if (fields.length != 6 || fields[1].isEmpty() || fields[2].isEmpty()) {
                continue;
            }
            ProcText.process(
                            Long.parseLong(fields[0]),
                            text(fields[1]),
                            text(fields[2]),
                            Base64.getDecoder().decode(fields[3]),
                            link(fields[4]),
                            link(fields[5]))
                    .ifPresent(processes::add);
        }
        return processes;
    }

    private List<String> sockets(int port) throws IOException {
        return ProcText.listeners(
                        ask("cat /proc/net/tcp /proc/net/tcp6\n").lines().toList())
                .stream()
                .filter(listener -> listener.port() == port)
                .map(ProcText.Listener::inode)
                .toList();
    }

    private static Optional<String> link(String field) {
        return field.isEmpty() ? Optional.empty() : Optional.of(ProcText.target(utf8(field)));
    }

    private static String text(String field) {
        return new String(Base64.getDecoder().decode(field), StandardCharsets.ISO_8859_1);
    }

    private static String utf8(String field) {
        return new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
    }

    /** What a process says while it ends is of no interest: only what was found counts. */
    private String ask(String body, String... arguments) throws IOException {
        return connection
                .run(ShellScript.of("exec 2>/dev/null\n" + body, arguments), ANSWER_MAX)
                .text();
    }
}
