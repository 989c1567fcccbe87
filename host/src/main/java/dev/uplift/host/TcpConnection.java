/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.net.InetSocketAddress;
import java.util.Set;

/**
 * An established TCP connection, as one of its ends sees it. Both are addresses that are resolved; an IPv4 address is one,
 * also where the socket is one of IPv6.
 */
public record TcpConnection(InetSocketAddress local, InetSocketAddress remote) {

    /**
     * The connections of a process.
     *
     * @param text what its {@code /proc/PID/fd} leads to, and {@code /proc/PID/net/tcp} and {@code tcp6}, in any order
     */
    public static Set<TcpConnection> of(String text) {
        Set<String> sockets = ProcText.sockets(text);
        return ProcText.connections(text.lines().toList(), sockets::contains);
    }

    /**
     * The connections of a whole network.
     *
     * @param text {@code /proc/net/tcp} and {@code tcp6} of it
     */
    public static Set<TcpConnection> all(String text) {
        return ProcText.connections(text.lines().toList(), _ -> true);
    }
}
