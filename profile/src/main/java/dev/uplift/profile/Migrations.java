/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import org.jspecify.annotations.Nullable;

/**
 * How the application's own schema migrations can be watched from outside.
 *
 * @param changelogTable has one row for each migration done; unquoted, so that each database folds its case
 * @param lockQuery SQL that returns a row while a migration lock is held; absent: there is none in a table
 * @param majorQuery SQL that returns one number, the major that the data are of; absent: it cannot be told
 */
public record Migrations(
        String changelogTable,
        @Nullable String lockQuery,
        @Nullable String majorQuery) {

    /** SQL that returns one number: it grows while migrations run. */
    public String progressQuery() {
        return "SELECT count(*) FROM " + changelogTable;
    }
}
