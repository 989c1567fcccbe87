/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Backup;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import org.jspecify.annotations.Nullable;

/**
 * What a saga was begun for; it never changes. Stored as JSON: fields may only be added, as optional ones.
 *
 * @param source the backup to go back to; only in a restore
 */
record SagaOrder(
        InstallationSpec installation, Release to, @Nullable Backup source, StepLimits limits) {}
