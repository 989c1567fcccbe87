/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Body of {@code POST /api/v1/restores}: take the installation back to that backup and the version that wrote it. */
public record RequestRestore(String installation, UUID backupId) {
    public RequestRestore {
        require(installation, "installation");
        require(backupId, "backupId");
    }

    private static void require(@Nullable Object value, String field) {
        if (value == null) {
            throw new IllegalArgumentException(field + " is missing");
        }
    }
}
