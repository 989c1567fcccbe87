package dev.uplift.backup.step;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepName;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that this service changes outside its own memory. A crash test kills the process before
 * and after each, and expects the step to end well when it is run again.
 */
public enum Effect {
    /** Remove what an interrupted run left behind. */
    CLEAN("clean", true, true),
    /** Make the directory that the backup grows in. */
    BEGIN("begin", true, false),
    /** Write the data into it. */
    DUMP("dump", true, false),
    /** Write the list of files, the manifest and its MAC. */
    MANIFEST("manifest", true, false),
    /** Make the scratch database, or the scratch copy. */
    SCRATCH("scratch", true, false),
    /** Restore into the scratch database, or open the scratch copy. */
    PROVE("prove", true, false),
    /** Drop the scratch database or copy. */
    DISCARD("discard", true, false),
    /** Rename the directory: from here on the backup counts. */
    PUBLISH("publish", true, false),
    /** Delete backups that retention no longer keeps. */
    PRUNE("prune", true, false),
    /** Make the new database, or the new file, beside the live one. */
    CREATE("create", false, true),
    /** Fill it from the backup. */
    LOAD("load", false, true),
    /** Give it the settings and rights of the live one. */
    SETTINGS("settings", false, true),
    /** Keep the failed file under another name. */
    KEEP("keep", false, true),
    /** Put it in the place of the live one. */
    REPLACE("replace", false, true),
    /** Delete failed databases or files of earlier restores. */
    FORGET("forget", false, true);

    private final String suffix;
    private final boolean ofTake;
    private final boolean ofRestore;

    Effect(String suffix, boolean ofTake, boolean ofRestore) {
        this.suffix = suffix;
        this.ofTake = ofTake;
        this.ofRestore = ofRestore;
    }

    /** The crash point's name when a step of this wire type has this effect, such as {@code backup.take.publish}. */
    public String in(String commandType) {
        return commandType + "." + suffix;
    }

    /** The names of all crash points of this service. */
    public static List<String> names() {
        String take = StepName.BACKUP.commandType(Direction.DO);
        String secure = StepName.SAFETY_BACKUP.commandType(Direction.UNDO);
        String restore = StepName.BACKUP.commandType(Direction.UNDO);
        String reinstate = StepName.REINSTATE.commandType(Direction.DO);
        List<String> names = new ArrayList<>();
        for (Effect effect : values()) {
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
