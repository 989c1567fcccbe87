/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.ServiceSettings;
import io.smallrye.config.ConfigMapping;

/** What this process is told by its environment. */
@ConfigMapping(prefix = "uplift")
public interface OrchestratorSettings extends ServiceSettings {}
