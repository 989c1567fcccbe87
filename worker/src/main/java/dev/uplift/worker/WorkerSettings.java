/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.messaging.ServiceSettings;

/** What every service that takes steps is told by its environment. */
public interface WorkerSettings extends ServiceSettings {
    /** The site whose installations this process works for. Default {@code default}. */
    String site();
}
