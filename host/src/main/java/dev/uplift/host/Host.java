/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * A machine that applications run on. Everything that is done there goes through this: looking is free,
 * changing is done behind the {@link Fence} of the application that it is about.
 *
 * <p>Paths are the host's own: here they are only text in the form of a path, and no file of this machine
 * is meant. Every call may fail with a {@link HostLostException} where the host is not this machine. Safe
 * for use by several threads.
 */
public interface Host extends AutoCloseable {

    /** The name under which it is registered; {@code local} for this machine. */
    String name();

    /** Its files. Nothing here changes any. */
    HostFiles files();

    /** What runs on it. Nothing here changes any of it. */
    HostProcesses processes();

    /** The user as whom everything is done there; 0 is root. */
    long uid() throws IOException;

    /**
     * Runs a command to its end that changes nothing of any application.
     *
     * @throws IOException if it cannot be started, was killed because it took longer than its timeout, or wrote more
     *     than is carried over a connection: 16 MiB
     */
    Exec.Result run(Exec command) throws IOException, InterruptedException;

    /**
     * Starts a command that changes nothing by itself, to talk with it.
     *
     * @param words its program and arguments, each of letters, digits and {@code / . _ -} only
     * @throws IOException if it cannot be started; that a program is missing may show only in an answer that ends
     */
    Conversation converse(List<String> words) throws IOException;

    /** The fence of the application in this directory: the only way to change anything of it. */
    Fence fence(Path applicationDirectory);

    /**
     * Where {@code host:port}, as seen from this host, is reached from here. It is valid until this is
     * closed; where the way leads through a connection, it is made again after the connection was lost,
     * perhaps with another answer: ask again before each use.
     */
    InetSocketAddress reach(String host, int port) throws IOException;

    @Override
    void close();
}
