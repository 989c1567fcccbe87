/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.net.InetAddress;
import java.net.ServerSocket;

/** A small application: says how it was started, listens on a port and waits for its end. */
public final class Sleeper {
    private Sleeper() {}

    public static void main(String[] arguments) throws Exception {
        System.out.println("started in " + System.getProperty("user.dir") + " as " + System.getProperty("user.name")
                + " with " + String.join("|", arguments));
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            System.out.println("listening on " + socket.getLocalPort());
            socket.accept().close();
        }
    }
}
