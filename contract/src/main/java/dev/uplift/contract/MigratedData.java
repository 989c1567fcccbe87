/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import org.jspecify.annotations.Nullable;

/**
 * What has become of the data of an upgrade that is taken back by the application's own command.
 *
 * @param served whether the new version was seen to serve, so that it may have taken in what the backup has not
 * @param backup the proven backup of what it made of the data; absent: none yet, or it could not be taken
 * @param kept whether the data were brought back and the old version serves on them: there is nothing to restore
 */
public record MigratedData(boolean served, @Nullable Backup backup, boolean kept) {}
