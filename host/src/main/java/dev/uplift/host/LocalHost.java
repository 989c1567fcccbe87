package dev.uplift.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/** This machine. Closing it does nothing. */
public final class LocalHost implements Host {
    /** Its name. */
    public static final String NAME = "local";

    private static final Duration FENCE_WAIT_MAX = Duration.ofSeconds(20);

    private final LocalFiles files = new LocalFiles();
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
