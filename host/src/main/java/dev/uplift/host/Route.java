/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.net.InetSocketAddress;

/** The way from here to what somebody else reaches by its own names. */
@FunctionalInterface
public interface Route {

    /**
     * Where {@code host:port}, as the other one names it, is reached from here. Ask again before each use, as with
     * {@link Host#reach}.
     */
    InetSocketAddress to(String host, int port) throws IOException;
}
