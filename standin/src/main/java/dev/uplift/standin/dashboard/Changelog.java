/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import liquibase.change.Change;
import liquibase.change.core.EmptyChange;
import liquibase.change.core.RawSQLChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;
import liquibase.exception.CustomChangeException;
import liquibase.exception.LiquibaseException;
import liquibase.parser.ChangeLogParserFactory;
import liquibase.resource.ResourceAccessor;

/**
 * The changesets that a release applies: those of all majors up to its own, each in {@code
 * migrations/0<major>.sql} with ids {@code v<major>.00-<number>}. The faults of migrations are real
 * changesets among those of the release's own major.
 */
final class Changelog {
    private static final int FIRST_MAJOR = 38;
    private static final int ACTIVITY_MAJOR = 50;

    private Changelog() {}

    static DatabaseChangeLog upTo(int major, Database database, ResourceAccessor resources, Faults faults)
            throws LiquibaseException {
        DatabaseChangeLog all = new DatabaseChangeLog("migrations");
        List<ChangeSet> own = new ArrayList<>();
        for (int each = FIRST_MAJOR; each <= major; each++) {
            String file = "migrations/%03d.sql".formatted(each);
            if (Changelog.class.getResource("/" + file) == null) {
                continue;
            }
            DatabaseChangeLog parsed = ChangeLogParserFactory.getInstance()
                    .getParser(file, resources)
                    .parse(file, new ChangeLogParameters(database), resources);
            for (ChangeSet change : parsed.getChangeSets()) {
                (each == major ? own : all.getChangeSets()).add(change);
            }
        }
        own.addAll(own.isEmpty() ? 0 : own.size() / 2, faulty(major, all, faults));
        own.forEach(all::addChangeSet);
        return all;
    }

    private static List<ChangeSet> faulty(int major, DatabaseChangeLog log, Faults faults) {
        List<ChangeSet> changes = new ArrayList<>();
        if (faults.on(Fault.MIGRATION_SLOW)) {
            Duration whole = faults.duration(Fault.MIGRATION_SLOW, Duration.ofSeconds(20));
            int parts = (int) Math.max(2, Math.min(40, whole.toMillis() / 500));
            for (int part = 1; part <= parts; part++) {
                changes.add(change(log, major, "slow-%02d".formatted(part), pause(whole.dividedBy(parts))));
            }
        }
        if (faults.on(Fault.MIGRATION_LOSES_ROWS)) {
            String rows = "FROM report_row WHERE MOD(number, 2) = 0";
            if (major > ACTIVITY_MAJOR) {
                changes.add(change(
                        log,
                        major,
                        "loses-activity",
                        new RawSQLChange("DELETE FROM activity WHERE row_id IN (SELECT id " + rows + ")")));
            }
            changes.add(change(log, major, "loses-rows", new RawSQLChange("DELETE " + rows)));
        }
        if (faults.on(Fault.MIGRATION_HANGS)) {
            changes.add(change(log, major, "hangs", pause(Duration.ofDays(1))));
        }
        if (faults.on(Fault.MIGRATION_FAILS)) {
            changes.add(
                    change(log, major, "fails", new RawSQLChange("UPDATE table_that_only_the_vendor_has SET id = 1")));
        }
        return changes;
    }

    private static ChangeSet change(DatabaseChangeLog log, int major, String name, Change change) {
        String id = "v%d.00-fault-%s".formatted(major, name);
        ChangeSet set =
                new ChangeSet(id, "standin", false, false, "migrations/%03d.sql".formatted(major), null, null, log);
        set.addChange(change);
        set.addRollbackChange(new EmptyChange());
        return set;
    }

    private static Change pause(Duration length) {
        CustomChangeWrapper change = new CustomChangeWrapper();
        try {
            change.setClass(PauseChange.class.getName());
        } catch (CustomChangeException e) {
            throw new IllegalStateException(e);
        }
        change.setParam("millis", Long.toString(length.toMillis()));
        return change;
    }
}
