/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the files of {@code /proc} say, wherever they were read. */
final class ProcText {
    private static final String DELETED = " (deleted)";
    private static final String ESTABLISHED = "01";
    private static final String LISTENING = "0A";
    private static final Pattern SOCKET = Pattern.compile("socket:\\[(\\d+)]");
    private static final int IPV4_BYTES = 4;
    private static final int HEX = 16;
    private static final int ACCESS_MODE = 3;

    private ProcText() {}

    /** Somebody who listens on a TCP port; the inode is the number of the socket. */
    record Listener(int port, String inode) {}

    /** Fields of {@code /proc/PID/stat}. The second is the program's name in parentheses and may hold anything. */
    record Stat(String state, long parentPid, long startTicks) {
        private static final int AFTER_NAME_START_TICKS = 19;

        static Stat of(String line) {
            String[] fields = line.substring(line.lastIndexOf(')') + 2).strip().split(" ", -1);
            return new Stat(fields[0], Long.parseLong(fields[1]), Long.parseLong(fields[AFTER_NAME_START_TICKS]));
        }

        boolean ended() {
            return state.equals("Z") || state.equals("X");
        }
    }

    /**
     * A process; empty if it has ended.
     *
     * @param directory where its link {@code cwd} leads
     * @param executable where its link {@code exe} leads
     */
    static Optional<RunningProcess> process(
            long pid,
            String stat,
            String status,
            byte[] commandLine,
            Optional<String> directory,
            Optional<String> executable)
            throws IOException {
        Stat seen = Stat.of(stat);
        if (seen.ended()) {
            return Optional.empty();
        }
        Map<String, String> lines = fields(status);
        return Optional.of(new RunningProcess(
                new ProcessIdentity(pid, seen.startTicks()),
                seen.parentPid(),
                strings(commandLine),
                directory,
                executable,
                effective(lines, "Uid"),
                effective(lines, "Gid"),
                numbers(lines.getOrDefault("Groups", ""))));
    }

    /** The lines of {@code /proc/PID/status} by their names. */
    static Map<String, String> fields(String status) {
        Map<String, String> lines = new LinkedHashMap<>();
        status.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return lines;
    }

    /** {@code /proc/PID/environ}; the first of a name counts. */
    static Map<String, String> environment(byte[] content) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String entry : strings(content)) {
            int equals = entry.indexOf('=', 1);
            if (equals > 0) {
                environment.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return environment;
    }

    /** Who listens, by lines of {@code /proc/net/tcp} or {@code tcp6}. */
    static List<Listener> listeners(Iterable<String> lines) {
        List<Listener> listeners = new ArrayList<>();
        for (String line : lines) {
            String[] columns = line.strip().split("\\s+", -1);
            if (columns.length > 9 && columns[3].equals(LISTENING)) {
                String address = columns[1];
                int port = Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
                listeners.add(new Listener(port, columns[9]));
            }
        }
        return listeners;
    }

    /** The numbers of the sockets that are named, as links of {@code /proc/PID/fd} name them. */
    static Set<String> sockets(CharSequence links) {
        return SOCKET.matcher(links).results().map(found -> found.group(1)).collect(Collectors.toSet());
    }

    /** The established connections whose socket's number is among these, by lines of {@code /proc/net/tcp} or {@code tcp6}. */
    static Set<TcpConnection> connections(Iterable<String> lines, Predicate<String> sockets) {
        Set<TcpConnection> connections = new LinkedHashSet<>();
        for (String line : lines) {
            String[] columns = line.strip().split("\\s+", -1);
            if (columns.length > 9 && columns[3].equals(ESTABLISHED) && sockets.test(columns[9])) {
                connections.add(new TcpConnection(end(columns[1]), end(columns[2])));
            }
        }
        return connections;
    }

    /** {@code 0100007F:1538}: the address is in words of the processor's order of bytes, least significant first. */
    private static InetSocketAddress end(String text) {
        int colon = text.indexOf(':');
        byte[] address = HexFormat.of().parseHex(text, 0, colon);
        for (int word = 0; word < address.length; word += IPV4_BYTES) {
            for (int i = 0; i < IPV4_BYTES / 2; i++) {
                byte swapped = address[word + i];
                address[word + i] = address[word + IPV4_BYTES - 1 - i];
                address[word + IPV4_BYTES - 1 - i] = swapped;
            }
        }
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(address), Integer.parseInt(text.substring(colon + 1), HEX));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("no address: " + text, e);
        }
    }

    /** Whether a descriptor was opened to write, by its {@code fdinfo}. */
    static boolean isWritten(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("flags:"))
                .anyMatch(line ->
                        (Integer.parseInt(line.substring("flags:".length()).strip(), 8) & ACCESS_MODE) != 0);
    }

    /**
     * Whether a lock is on a file, by {@code /proc/locks}.
     *
     * @param device as {@code stat} numbers it
     */
    static boolean isLocked(List<String> lines, long device, long inode) {
        long major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >> 12 & ~0xffL);
        String file = String.format(Locale.ROOT, " %02x:%02x:%d ", major, minor, inode);
        return lines.stream().anyMatch(line -> line.contains(file));
    }

    /** Where a link of {@code /proc} leads, without the kernel's word that it is gone. */
    static String target(String link) {
        return link.endsWith(DELETED) ? link.substring(0, link.length() - DELETED.length()) : link;
    }

    /** Texts that each end with a NUL; what is not UTF-8 has {@link RunningProcess#UNREADABLE} in it. */
    static List<String> strings(byte[] content) {
        List<String> strings = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < content.length; i++) {
            if (content[i] == 0) {
                strings.add(new String(content, from, i - from, StandardCharsets.UTF_8));
                from = i + 1;
            }
        }
        return strings;
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
}
