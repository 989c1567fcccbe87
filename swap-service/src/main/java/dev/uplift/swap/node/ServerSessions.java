/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.TcpConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a server besides our own, and what they tell of a node's connections:
 *
 * <ol>
 *   <li>A connection whose own end is the client of a session is that session. A kernel gives one end to connections to
 *       several servers at a time: only those to the address that is named, or that the server itself has, count. Where it is
 *       not known which is named, two to others count as well: one alone may be a stranger's.
 *   <li>Translation of addresses keeps the port as a rule, and changes the address. Two connections whose ports are those
 *       of two sessions from one address are these sessions; one may have the port of a stranger's by chance.
 *   <li>A forwarder (SSH, the proxy of a published port) changes the port too. Then a connection to the server's address
 *       tells the server, but not the database: it counts only where no session of the server is on another one.
 *   <li>Behind a connection pooler none of this tells anything: its sessions are its own.
 * </ol>
 *
 * @param address that the server itself has; absent: it is reached through a socket file
 * @param port that the server itself listens on
 * @param pooled whether a connection pooler stands in between
 */
record ServerSessions(@Nullable InetAddress address, int port, boolean pooled, List<Session> sessions) {
    private static final int NAMED_MAX = 5;

    /**
     * A session.
     *
     * @param database its name
     * @param here whether it is on the database that was asked
     * @param client its other end; absent: a socket file, or another role's, whose client is not shown to us
     */
    record Session(String database, boolean here, @Nullable InetSocketAddress client) {}

    ServerSessions {
        sessions = List.copyOf(sessions);
    }

    /**
     * Whether who holds these connections works on the database.
     *
     * @param named the port that the node's settings name
     * @param addresses those that they name now, which a connection that is older need not go to; empty: that is not known
     */
    DatabaseUse use(Set<TcpConnection> connections, int named, Set<InetAddress> addresses) {
        Set<TcpConnection> possible = connections.stream()
                .filter(connection -> addresses.isEmpty()
                        || addresses.contains(connection.remote().getAddress()))
                .collect(Collectors.toSet());
        List<TcpConnection> own = connections.stream()
                .filter(connection -> possible.contains(connection) || isToServer(connection))
                .filter(connection -> connection.remote().getPort() == port && isOn(connection, Session::here))
                .toList();
        if (own.size() > 1 || own.stream().anyMatch(connection -> !addresses.isEmpty() || isToServer(connection))) {
            return new DatabaseUse.Proven(count(own.size(), "session") + " on it");
        }
        if (pooled) {
            return new DatabaseUse.Unproven(
                    "a connection pooler such as PgBouncer stands between it and the server, and hides"
                            + " whose sessions are whose; give Uplift and the application the server's own address");
        }
        long translated = translated(possible, named);
        if (translated > 1) {
            return new DatabaseUse.Proven(count(translated, "session") + " on it through a translated address");
        }
        long here = sessions.stream().filter(Session::here).count();
        long reaching = addresses.isEmpty()
                ? 0
                : possible.stream()
                        .filter(connection -> connection.remote().getPort() == named)
                        .count();
        if (reaching > 0 && reaching <= here && here == sessions.size()) {
            return new DatabaseUse.Proven(
                    count(reaching, "connection") + " to its server, on which nobody has a session elsewhere");
        }
        return new DatabaseUse.Unproven(instead(connections, reaching));
    }

    private long translated(Set<TcpConnection> connections, int named) {
        Set<Integer> ports = connections.stream()
                .filter(connection -> connection.remote().getPort() == named)
                .map(connection -> connection.local().getPort())
                .collect(Collectors.toSet());
        Map<InetAddress, Long> byAddress = sessions.stream()
                .filter(Session::here)
                .map(Session::client)
                .filter(client -> client != null && ports.contains(client.getPort()))
                .collect(Collectors.groupingBy(InetSocketAddress::getAddress, Collectors.counting()));
        return byAddress.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private boolean isToServer(TcpConnection connection) {
        return connection.remote().getAddress().equals(address);
    }

    private boolean isOn(TcpConnection connection, Predicate<Session> which) {
        return sessions.stream()
                .filter(which)
                .anyMatch(session -> connection.local().equals(session.client()));
    }

    private String instead(Set<TcpConnection> connections, long reaching) {
        Set<String> elsewhere = sessions.stream()
                .filter(session -> !session.here()
                        && connections.stream()
                                .anyMatch(connection -> connection.local().equals(session.client())))
                .map(Session::database)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!elsewhere.isEmpty()) {
            return "it has no session there, but on " + shown(elsewhere) + " of the same server";
        }
        if (reaching > 0) {
            return "it has " + count(reaching, "connection")
                    + " to the server, but none of the sessions there is known by its"
                    + " client as one of them, and the server has sessions on other databases";
        }
        Set<String> remotes = connections.stream()
                .map(connection -> connection.remote().getAddress().getHostAddress() + ":"
                        + connection.remote().getPort())
                .collect(Collectors.toCollection(TreeSet::new));
        return "it has no session there, "
                + (remotes.isEmpty() ? "and no connection at all" : "but connections to " + shown(remotes));
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private static String shown(Set<String> names) {
        String first = String.join(", ", names.stream().limit(NAMED_MAX).toList());
        return (names.size() > NAMED_MAX ? first + " and others" : first).replaceAll("\\p{Cntrl}", "?");
    }
}
