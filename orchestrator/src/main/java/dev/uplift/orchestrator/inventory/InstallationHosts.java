package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.HostSpec;
import dev.uplift.messaging.Outbox;
import dev.uplift.orchestrator.publish.Outgoing;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Which installations are on a host, and what becomes of them when it changes. */
@Singleton
final class InstallationHosts {
    private static final int NAMES_MAX = 5;

    private final Outbox outbox;

    InstallationHosts(Outbox outbox) {
        this.outbox = outbox;
    }

    /** The names of installations on this host, at most {@value #NAMES_MAX}. */
    public List<String> on(Handle handle, String host) {
        return InstallationStore.on(handle, host, NAMES_MAX);
    }

    /** Lets all installations on that host know how it is reached now, in the caller's transaction, which holds the host. */
    public void reachedBy(Handle handle, HostSpec host) {
        Instant now = Instant.now();
        List<Installation> changed = InstallationStore.lockOn(handle, host.name()).stream()
                .map(installation -> installation.reachedBy(host, now))
                .toList();
        InstallationStore.update(handle, changed);
        outbox.append(
                handle,
                changed.stream()
                        .map(installation -> Outgoing.status(installation.status()))
                        .toList());
    }
}
