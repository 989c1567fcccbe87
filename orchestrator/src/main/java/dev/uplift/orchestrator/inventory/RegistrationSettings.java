/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the registration. */
@ConfigMapping(prefix = "uplift.registration")
public interface RegistrationSettings {
    /**
     * How long a site's swap-service may be silent about a registration: it gives a sign of life every 5 s while it waits
     * or is worked at. Unit: duration ({@code 30s}, {@code PT30S}); default 30 s; range 1 s to 1 h. After it, and after 30
     * times as long without an answer, the registration is REFUSED, and can be asked for again.
     */
    @WithDefault("30s")
    Duration deadline();
}
