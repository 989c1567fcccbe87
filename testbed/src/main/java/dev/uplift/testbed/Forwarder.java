/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Carries connections on a port of this machine, at all of its addresses, to a server, as the proxy of a published port does. */
public final class Forwarder implements AutoCloseable {
    private final ServerSocket listening;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Listens on a port of its own. */
    public Forwarder(String address, int port) throws IOException {
        listening = new ServerSocket(0, 50, InetAddress.getByAddress(new byte[4]));
        start(() -> accept(address, port));
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "forwarder");
        thread.setDaemon(true);
        thread.start();
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** Until it is closed. */
    private boolean accept(String address, int port) {
        try {
            while (true) {
                Socket client = listening.accept();
                sockets.add(client);
                Socket server = new Socket(address, port);
                sockets.add(server);
                start(() -> carry(client, server));
                start(() -> carry(server, client));
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether it ended in order. */
    private static boolean carry(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void closeAll() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        closeAll();
    }
}
