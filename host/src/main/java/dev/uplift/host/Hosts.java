package dev.uplift.host;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.sshd.client.SshClient;
import org.jspecify.annotations.Nullable;

/** All hosts that a process works on; each is reached through one connection, which everybody shares. */
public final class Hosts implements AutoCloseable {
    private final LocalHost local = new LocalHost();
    private final ConcurrentMap<SshTarget, SshHost> remote = new ConcurrentHashMap<>();
    private @Nullable SshClient client;

    /** This machine. */
    public Host local() {
        return local;
    }

    /** A host that is reached through SSH. Asked again it is the same; closing it is not the caller's. */
    public Host ssh(SshTarget target) {
        return remote.computeIfAbsent(target, key -> new SshHost(client(), key, local));
    }

    private synchronized SshClient client() {
        SshClient running = client;
        if (running == null) {
            running = SshClients.start();
            client = running;
        }
        return running;
    }

    @Override
    public synchronized void close() {
        remote.values().forEach(SshHost::close);
        SshClient running = client;
        if (running != null) {
            running.stop();
        }
    }
}
