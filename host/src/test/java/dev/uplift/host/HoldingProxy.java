/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A network between a client and a loopback port that keeps back what the client sends, and delivers it later. */
final class HoldingProxy implements AutoCloseable {
    private final ServerSocket server;
    private final int target;
    private final AtomicLong heldBytes = new AtomicLong();
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean holding;

    HoldingProxy(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** From now on nothing that the client sends arrives. */
    void hold() {
        holding = true;
    }

    long heldBytes() {
        return heldBytes.get();
    }

    /** What was held arrives now. */
    void release() {
        holding = false;
        released.countDown();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                Thread.ofVirtual().start(() -> pump(client, far, true));
                Thread.ofVirtual().start(() -> pump(far, client, false));
            }
        } catch (IOException e) {
            // Closed: the test has ended.
        }
    }

    private void pump(Socket from, Socket to, boolean held) {
        byte[] buffer = new byte[65_536];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (held && holding) {
                    heldBytes.addAndGet(read);
                    released.await();
                }
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException | InterruptedException e) {
            // One side has gone: so does the other.
        }
    }
}
