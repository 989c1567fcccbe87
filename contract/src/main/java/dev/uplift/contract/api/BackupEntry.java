/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.Backup;
import java.util.UUID;

/** A backup as it is listed: {@code pinned} while its saga is live or parked, so that nothing prunes it. */
public record BackupEntry(UUID installationId, String installation, UUID upgradeId, Backup backup, boolean pinned) {}
