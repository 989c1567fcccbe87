/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long things are kept. */
@ConfigMapping(prefix = "uplift.retention")
public interface RetentionSettings {
    /**
     * How long the log of transitions, incidents, the answers to requests, the ids of messages and dry runs
     * are kept. Unit: duration; default 30 days; range: 8 days and more, because a copy of a message must
     * be known as long as Kafka may deliver it. Incidents are also limited to the latest 10,000.
     */
    @WithDefault("30d")
    Duration period();
}
