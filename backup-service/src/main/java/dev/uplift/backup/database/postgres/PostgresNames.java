/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.store.BackupFiles;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Names of the databases that this service makes beside an application's. They tell the installation and
 * the run, so that what is dropped is never anybody else's.
 */
final class PostgresNames {
    private static final int SHORT_DIGITS = 8;
    private static final int LONG_DIGITS = 16;

    private final String live;
    private final String digits;

    PostgresNames(String live, UUID installation) {
        this.live = live;
        MessageDigest digest = BackupFiles.sha256();
        digest.update(installation.toString().getBytes(StandardCharsets.UTF_8));
        this.digits = BackupFiles.hex(digest);
    }

    /** For the rehearsal of a restore. */
    String rehearsal(String tag) {
        return "uplift_rehearsal_" + digits.substring(0, LONG_DIGITS) + "_" + tag;
    }

    /** For proving a backup. */
    String scratch(String tag) {
        return "uplift_scratch_" + digits.substring(0, LONG_DIGITS) + "_" + tag;
    }

    /** For a restore, until it takes the live one's place. */
    String fresh(String tag) {
        return Sql.nameWithSuffix(live, "_uplift_" + digits.substring(0, SHORT_DIGITS) + "_" + tag);
    }

    /** For what a restore replaced. */
    String failed(long epoch, int number) {
        return Sql.nameWithSuffix(
                live,
                "_uplift_failed_" + digits.substring(0, SHORT_DIGITS) + "_" + epoch + (number > 1 ? "_" + number : ""));
    }

    /** Whether a database was made by an interrupted rehearsal for this installation. */
    Predicate<String> leftOfRehearsal() {
        return Pattern.compile("uplift_rehearsal_" + digits.substring(0, LONG_DIGITS) + "(_\\d+){3}")
                .asMatchPredicate();
    }

    /** Whether a database was made by an interrupted run for this installation. */
    Predicate<String> leftover() {
        Pattern scratch =
                Pattern.compile("uplift_(scratch|rehearsal)_" + digits.substring(0, LONG_DIGITS) + "(_\\d+){3}");
        Pattern fresh = Pattern.compile(
                "(.*)" + Pattern.quote("_uplift_" + digits.substring(0, SHORT_DIGITS)) + "((?:_\\d+){3})");
        return name -> {
            if (scratch.matcher(name).matches()) {
                return true;
            }
            var matcher = fresh.matcher(name);
            return matcher.matches() && fresh(matcher.group(2).substring(1)).equals(name);
        };
    }
}
