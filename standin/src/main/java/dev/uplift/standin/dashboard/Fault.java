/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.util.Arrays;
import java.util.Locale;

/** What can be made to go wrong. Written in lower case with dashes: {@code migration-fails}. */
enum Fault {
    /** A changeset half way through the major's migrations fails, after earlier ones have committed. */
    MIGRATION_FAILS,
    /** A changeset half way never ends; the lock stays held and nothing moves. */
    MIGRATION_HANGS,
    /** Changesets half way take the duration (default 20 s) together; changelog rows appear meanwhile. */
    MIGRATION_SLOW,
    /** A changeset half way deletes every second row: the upgrade looks well and has lost data. */
    MIGRATION_LOSES_ROWS,
    /** Once started, health is good for half of each period (default 4 s) and bad for the other half. */
    HEALTH_FLAPS,
    /** The settings are ignored; a fresh, empty H2 database is used. */
    STARTS_ON_EMPTY_DATABASE,
    /** The process dies with code 1 this long (default 2 s) after it became healthy, at each start. */
    CRASH_AFTER_HEALTHY,
    /** {@code migrate down} says that it worked, exits 0 and changes nothing. */
    DOWN_WITHOUT_EFFECT,
    /** {@code migrate down} takes this much longer (default 5 s) under the migration lock, before it changes anything. */
    DOWN_SLOW,
    /** Somebody else's row is in the migration lock table when migrations are due. */
    LOCK_HELD,
    /** The version endpoint names another version (default: the major before). */
    WRONG_VERSION_ANSWERS,
    /** The process exits 1 before it listens. */
    EXITS_AT_START,
    /** The JAR refuses a Java older than the argument (default 21), before it listens. */
    NEEDS_JAVA,
    /** Migrations run, but the start never completes. */
    NEVER_HEALTHY,
    /** The start takes this much longer (default 5 s) after the migrations, with moving progress. */
    SLOW_START,
    /** SIGTERM takes this much longer (default 10 s). */
    SLOW_STOP,
    /** SIGTERM has no effect: it goes on serving until it is killed. */
    IGNORES_SIGTERM;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Fails on an unknown name: a fault that silently does not fire would prove nothing. */
    static Fault named(String label) {
        return Arrays.stream(values())
                .filter(fault -> fault.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown fault: " + label));
    }
}
