/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The processes of a host. Everything is a look at one moment: a process that ends meanwhile is as if it
 * had not been there. One that has ended but was not yet collected by its parent is not running.
 */
public interface HostProcesses {

    /** The process with this pid, if it runs. */
    Optional<RunningProcess> find(long pid) throws IOException;

    /**
     * All that run a JAR ({@code -jar}) of the host's own files: those of containers have another root directory. A JVM
     * that has just been started is waited for until it is in its own directory.
     */
    List<RunningProcess> runningJars() throws IOException;

    /** Whether this very process still runs. */
    boolean runs(ProcessIdentity identity) throws IOException;

    /**
     * The environment a process was started with; see {@link RunningProcess} for what is not UTF-8.
     *
     * @throws IOException if it may not be read, or has ended
     */
    Map<String, String> environment(ProcessIdentity identity) throws IOException;

    /**
     * How a process was started, besides.
     *
     * @throws IOException if it has ended
     */
    HowStarted howStarted(ProcessIdentity identity) throws IOException, InterruptedException;

    /** TCP ports that a process listens on, in ascending order. */
    Set<Integer> listeningPorts(ProcessIdentity identity) throws IOException;

    /** The established TCP connections that a process holds; none if it may not be looked into. */
    Set<TcpConnection> connections(ProcessIdentity identity) throws IOException;

    /** Whether anybody on the host listens on this TCP port, at any address. */
    boolean isListenedOn(int port) throws IOException;

    /** Who listens on this TCP port; empty also if it is a process that may not be looked into. */
    List<RunningProcess> listeningOn(int port) throws IOException;

    /**
     * Who has this file open to write to it, under whatever name. Readers are nobody: a copy that was given up may
     * linger on the host, and harms nothing.
     */
    List<RunningProcess> holding(Path file) throws IOException;

    /**
     * Whether somebody has locked a part of this file, as databases do while they are open; a process that may not
     * be looked into is found so, too. This process may have no lock on it that it still needs.
     */
    boolean isLocked(Path file) throws IOException;

    /**
     * A path to read a file that a process has open, even if it has been replaced or deleted since; empty
     * if it has none such. It is the file's own where that still leads to it, because a process may close what it has
     * open at any time: a JVM that starts does so with its JAR.
     *
     * @param name picks by the path under which the file was opened
     */
    Optional<Path> openFile(ProcessIdentity identity, Predicate<Path> name) throws IOException;

    /** The file that a process writes its standard output to; empty if it is none, or gone. */
    Optional<Path> outputFile(ProcessIdentity identity) throws IOException;

    /** All that run a JAR with this working directory. */
    default List<RunningProcess> runningJarsIn(Path directory) throws IOException {
        return runningJars().stream()
                .filter(process ->
                        process.directory().filter(directory.toString()::equals).isPresent())
                .toList();
    }
}
