/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.step;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.worker.EffectName;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that this service changes outside its own memory. A crash test kills the process before
 * and after each, and expects the step to end well when it is run again.
 */
public enum BackupEffect implements EffectName {
    /** Restore the schema alone into a scratch database. */
    REHEARSE("rehearse", true, false, false),
    /** Remove what an interrupted run left behind. */
    CLEAN("clean", false, true, true),
    /** Make the directory that the backup grows in. */
    BEGIN("begin", false, true, false),
    /** Write the data into it. */
    DUMP("dump", false, true, false),
    /** Write the list of files, the manifest and its MAC. */
    MANIFEST("manifest", false, true, false),
    /** Make the scratch database, or the scratch copy. */
    SCRATCH("scratch", false, true, false),
    /** Restore into the scratch database, or open the scratch copy. */
    PROVE("prove", false, true, false),
    /** Drop the scratch database or copy. */
    DISCARD("discard", true, true, false),
    /** Rename the directory: from here on the backup counts. */
    PUBLISH("publish", false, true, false),
    /** Delete backups that retention no longer keeps. */
    PRUNE("prune", false, true, false),
    /** Make the new database, or the new file, beside the live one. */
    CREATE("create", false, false, true),
    /** Fill it from the backup. */
    LOAD("load", false, false, true),
    /** Give it the settings and rights of the live one. */
    SETTINGS("settings", false, false, true),
    /** Keep the failed file under another name. */
    KEEP("keep", false, false, true),
    /** Put it in the place of the live one. */
    REPLACE("replace", false, false, true),
    /** Delete failed databases or files of earlier restores. */
    FORGET("forget", false, false, true);

    private final String suffix;
    private final boolean ofCheck;
    private final boolean ofTake;
    private final boolean ofRestore;

    BackupEffect(String suffix, boolean ofCheck, boolean ofTake, boolean ofRestore) {
        this.suffix = suffix;
        this.ofCheck = ofCheck;
        this.ofTake = ofTake;
        this.ofRestore = ofRestore;
    }

    @Override
    public String in(StepCommand command) {
        return in(command.step().commandType(command.direction()));
    }

    private String in(String commandType) {
        return commandType + "." + suffix;
    }

    /** The names of all crash points of this service. */
    public static List<String> names() {
        String check = StepName.PREFLIGHT_DATABASE.commandType(Direction.DO);
        String take = StepName.BACKUP.commandType(Direction.DO);
        String secure = StepName.SAFETY_BACKUP.commandType(Direction.UNDO);
        String restore = StepName.BACKUP.commandType(Direction.UNDO);
        String reinstate = StepName.REINSTATE.commandType(Direction.DO);
        List<String> names = new ArrayList<>();
        for (BackupEffect effect : values()) {
            if (effect.ofCheck) {
                names.add(effect.in(check));
            }
            if (effect.ofTake) {
                names.add(effect.in(take));
                names.add(effect.in(secure));
            }
            if (effect.ofRestore) {
                names.add(effect.in(restore));
                names.add(effect.in(reinstate));
            }
        }
        return List.copyOf(names);
    }
}
