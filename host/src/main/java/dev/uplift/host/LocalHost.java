/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** This machine. Closing it does nothing. */
public final class LocalHost implements Host {
    /** Its name. */
    public static final String NAME = "local";

    private static final Duration FENCE_WAIT_MAX = Duration.ofSeconds(20);

    private final LocalFiles files = new LocalFiles(Clock.systemUTC());
    private final LocalProcesses processes = new LocalProcesses();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public HostFiles files() {
        return files;
    }

    @Override
    public HostProcesses processes() {
        return processes;
    }

    @Override
    public long uid() throws IOException {
        return LocalFiles.ownUid();
    }

    @Override
    public Exec.Result run(Exec command) throws IOException, InterruptedException {
        return command.run();
    }

    @Override
    public Conversation converse(List<String> words) throws IOException {
        Process process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new LocalConversation(process);
    }

    private record LocalConversation(Process process) implements Conversation {
        @Override
        public InputStream answers() {
            return process.getInputStream();
        }

        @Override
        public OutputStream questions() {
            return process.getOutputStream();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Override
    public Fence fence(Path applicationDirectory) {
        return new LocalFence(this, applicationDirectory, FENCE_WAIT_MAX);
    }

    @Override
    public InetSocketAddress reach(String host, int port) {
        return InetSocketAddress.createUnresolved(host, port);
    }

    @Override
    public void close() {}
}
