/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import java.net.InetAddress;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names under which a service may be called. A page of another site can have its own name lead to this machine,
 * and then read and write here as if it came from here; but it cannot choose what the browser calls the server.
 */
final class OwnHosts {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]{7,15}|[0-9A-Fa-f:.]{2,45}");
    private static final String LOOPBACK_NAME = "localhost";

    private final Set<String> allowed;

    /**
     * @param allowed names or IP addresses
     * @throws IllegalArgumentException if one is neither, such as a URL
     */
    OwnHosts(Collection<String> allowed) {
        this.allowed = allowed.stream().map(OwnHosts::checked).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Whether a caller that connected to {@code connectedTo} may call this service {@code host}.
     *
     * @param host without port; an IPv6 address without its brackets
     * @param connectedTo this end of the connection, an IP address; empty where it has none
     */
    boolean contain(String host, String connectedTo) {
        String name = plain(host);
        if (name.equals(LOOPBACK_NAME) || allowed.contains(name)) {
            return true;
        }
        Optional<InetAddress> address = address(name);
        return address.isPresent()
                && (address.get().isLoopbackAddress() || address.equals(address(plain(connectedTo))));
    }

    /** Whether an operator has named {@code host}. */
    boolean named(String host) {
        return allowed.contains(plain(host));
    }

    private static String checked(String text) {
        String name = plain(text.strip());
        if (!NAME.matcher(name).matches() && address(name).isEmpty()) {
            throw new IllegalArgumentException("uplift.http.allowed-hosts has " + text
                    + ": host names or IP addresses are needed, without scheme and port");
        }
        return name;
    }

    private static String plain(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            name = name.substring(1, name.length() - 1);
        }
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** Never asks a name server. */
    private static Optional<InetAddress> address(String text) {
        if (!ADDRESS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
