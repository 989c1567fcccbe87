/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.rest.Paging;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which sagas are asked for.
 *
 * @param state absent: any
 * @param installation name or id; absent: any
 */
record UpgradeList(
        Set<UpgradeStatus.Kind> kinds,
        UpgradeStatus.@Nullable State state,
        @Nullable String installation,
        Paging paging) {}
