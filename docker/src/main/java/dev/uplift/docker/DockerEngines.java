/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.contract.HostSpec;
import dev.uplift.host.Hosts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The Docker Engines that a process works on. Each is connected to when it is first asked for, and kept. */
public final class DockerEngines implements AutoCloseable {
    private static final String FILE = "file:";

    private final Hosts hosts;
    private final DockerEndpoint own;
    private final ConcurrentMap<Optional<HostSpec>, Slot> slots = new ConcurrentHashMap<>();

    /**
     * None yet.
     *
     * @param own the engine of this machine
     */
    public DockerEngines(Hosts hosts, DockerEndpoint own) {
        this.hosts = hosts;
        this.own = own;
    }

    /**
     * The engine of a host; of this machine if none is described. Asked again it is the same; closing it is not the
     * caller's.
     *
     * @throws DockerException if there is none, or none that can be used
     */
    public DockerEngine of(@Nullable HostSpec host) throws IOException, InterruptedException {
        return slots.computeIfAbsent(Optional.ofNullable(host), _ -> new Slot()).engine(this, host);
    }

    private DockerEndpoint endpoint(@Nullable HostSpec host) throws IOException {
        return switch (host) {
            case null -> own;
            case HostSpec.Ssh ssh -> DockerEndpoint.of(hosts.of(ssh));
            case HostSpec.DockerTls tls ->
                new DockerEndpoint.Tls(tls.url(), file(tls.caRef()), file(tls.certRef()), file(tls.keyRef()));
        };
    }

    private static Path file(String reference) throws DockerException {
        if (!reference.startsWith(FILE)) {
            throw new DockerException("certificates and keys of a Docker Engine are file:/path, not " + reference);
        }
        return Path.of(reference.substring(FILE.length()));
    }

    /** One engine; a host that does not answer keeps only those waiting who want it too. */
    private static final class Slot {
        private @Nullable DockerEngine engine;

        synchronized DockerEngine engine(DockerEngines engines, @Nullable HostSpec host)
                throws IOException, InterruptedException {
            DockerEngine connected = engine;
            if (connected == null) {
                connected = DockerEngine.connect(engines.endpoint(host));
                engine = connected;
            }
            return connected;
        }

        synchronized void close() throws IOException {
            DockerEngine connected = engine;
            if (connected != null) {
                engine = null;
                connected.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Slot slot : slots.values()) {
            slot.close();
        }
    }
}
