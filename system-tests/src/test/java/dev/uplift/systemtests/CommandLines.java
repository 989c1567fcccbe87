/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The command lines of all processes on this host, looked at again and again until closed. */
final class CommandLines implements AutoCloseable {
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final Thread thread = Thread.ofPlatform().name("command-lines").unstarted(this::look);
    private volatile boolean closed;

    private CommandLines() {}

    static CommandLines watch() {
        CommandLines lines = new CommandLines();
        lines.thread.start();
        return lines;
    }

    /** Those seen so far that contain the word. To be asked before the end, as long as it still looks. */
    List<String> mentioning(String word) {
        if (!thread.isAlive()) {
            throw new IllegalStateException("nobody looks at the command lines");
        }
        return seen.stream().filter(line -> line.contains(word)).toList();
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        while (!closed) {
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
                for (Path process : processes) {
                    read(process);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            // And again at once: of a process that lives for some milliseconds a pause would miss the command line.
            Thread.onSpinWait();
        }
    }

    private void read(Path process) {
        try {
            byte[] line = Files.readAllBytes(process.resolve("cmdline"));
            seen.add(new String(line, StandardCharsets.UTF_8).replace('\0', ' '));
        } catch (IOException gone) {
            return;
        }
    }
}
