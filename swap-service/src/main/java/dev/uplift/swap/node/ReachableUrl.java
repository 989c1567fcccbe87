/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.Host;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;

/** Addresses that a host sees, as they are reached from here. */
public final class ReachableUrl {
    private static final int HTTP_PORT = 80;

    private ReachableUrl() {}

    /** A URL of HTTP that {@code host} sees. */
    public static URI of(Host host, URI url) throws IOException {
        InetSocketAddress reached = host.reach(url.getHost(), port(url));
        try {
            return new URI(
                    url.getScheme(), null, reached.getHostString(), reached.getPort(), url.getPath(), null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("an address was made of an address", e);
        }
    }

    /** The port of a URL of HTTP. */
    public static int port(URI url) {
        return url.getPort() > 0 ? url.getPort() : HTTP_PORT;
    }
}
