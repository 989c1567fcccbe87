/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /api/v1/installations}. One of {@code pid} or {@code directory}, {@code unit}, {@code container} is
 * needed.
 *
 * @param name absent: the directory's last name, or that of the unit or container
 * @param profile absent: the one profile that recognises it
 * @param site absent: that of the host, or {@code default}
 * @param host name of a registered host; absent: the one that the site's workers run on
 * @param takeFence who wants the fence beside it to be taken from the installation that has it, and why; absent: it is
 *     taken from what was forgotten here only
 * @param extractH2 whether an H2 database inside of the container may be moved to a volume; absent: no
 * @param assumeDatabase whether it may be taken on trust that it works on the database that its settings name, where that
 *     cannot be seen; absent: no
 */
public record RegisterInstallation(
        @Nullable String name,
        @Nullable String profile,
        @Nullable String site,
        @Nullable Long pid,
        @Nullable String directory,
        @Nullable String host,
        @Nullable String unit,
        @Nullable String container,
        @Nullable Boolean extractH2,
        @Nullable Reason takeFence,
        @Nullable Boolean assumeDatabase) {

    /** What is nobody else's. */
    public RegisterInstallation(
            @Nullable String name,
            @Nullable String profile,
            @Nullable String site,
            @Nullable Long pid,
            @Nullable String directory,
            @Nullable String host,
            @Nullable String unit,
            @Nullable String container,
            @Nullable Boolean extractH2) {
        this(name, profile, site, pid, directory, host, unit, container, extractH2, null, null);
    }

    /** A process on the host that the site's workers run on. */
    public RegisterInstallation(
            @Nullable String name,
            @Nullable String profile,
            @Nullable String site,
            @Nullable Long pid,
            @Nullable String directory) {
        this(name, profile, site, pid, directory, null, null, null, null);
    }
}
