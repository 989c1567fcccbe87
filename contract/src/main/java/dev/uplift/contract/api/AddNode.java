/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /api/v1/installations/{nameOrId}/nodes}: another node of an installation, on the same database. One
 * of {@code pid} or {@code directory}, {@code unit}, {@code container} is needed.
 *
 * @param host name of a registered host of the installation's site; absent: the one that the site's workers run on
 * @param assumeDatabase as of {@link RegisterInstallation}
 */
public record AddNode(
        @Nullable Long pid,
        @Nullable String directory,
        @Nullable String host,
        @Nullable String unit,
        @Nullable String container,
        @Nullable Boolean assumeDatabase) {}
