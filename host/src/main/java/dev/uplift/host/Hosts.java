/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import java.io.IOException;
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

    /**
     * The host of this name among those of an installation.
     *
     * @throws UnexpectedPathException if nothing of it is reached but its Docker Engine
     */
    public Host of(InstallationSpec installation, String name) throws IOException {
        if (name.equals(NodeSpec.LOCAL)) {
            return local;
        }
        return of(installation
                .host(name)
                .orElseThrow(() -> new IllegalStateException("an installation without its host " + name)));
    }

    /**
     * The host that is described so; this machine if none is.
     *
     * @throws UnexpectedPathException if nothing of it is reached but its Docker Engine
     */
    public Host of(@Nullable HostSpec spec) throws IOException {
        return switch (spec) {
            case null -> local;
            case HostSpec.Ssh(String name, String address, int port, String user, String hostKey, String keyRef) ->
                ssh(new SshTarget(name, address, port, user, hostKey, keyRef));
            case HostSpec.DockerTls engine ->
                throw new UnexpectedPathException(
                        "host " + engine.name() + " is a Docker Engine: nothing else is reached there");
        };
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
