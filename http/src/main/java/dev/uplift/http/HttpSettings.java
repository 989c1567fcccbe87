/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a service is told of those who may call it. */
@ConfigMapping(prefix = "uplift.http")
public interface HttpSettings {
    /**
     * Names and IP addresses, beyond loopback and the address that a caller connected to, by which callers may know
     * this service: what a proxy before it is called. Without scheme and port. Default: none.
     */
    Optional<List<String>> allowedHosts();

    /** Where others reach this service, if it tells them so; its host is allowed too. Default: none. */
    Optional<URI> publicUrl();

    /**
     * How long a caller may take to send a body. Unit: duration; default 10 s; range 100 ms to 10 min. After it the
     * request is refused and its connection closed.
     */
    @WithDefault("10s")
    Duration bodyTimeout();
}
