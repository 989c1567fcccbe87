/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import dev.uplift.contract.StepCommand;
import dev.uplift.worker.EffectName;
import java.util.Arrays;
import java.util.List;

/**
 * Everything that a fetch changes outside its own memory. A crash test kills the process before and
 * after each, and expects the step to end well when it is run again.
 */
public enum FetchEffect implements EffectName {
    /** Throws away what has come so far, because it is not, or no longer, the file that is wanted. */
    DISCARD("artifact.fetch.discard"),
    /** Makes the file that the bytes go to. */
    BEGIN("artifact.fetch.begin"),
    /** Writes the bytes and fsyncs them. */
    DOWNLOAD("artifact.fetch.download"),
    /** Takes a file out of the store whose content no longer has its hash. */
    EVICT("artifact.fetch.evict"),
    /** Renames the verified file into the store. */
    STORE("artifact.fetch.store"),
    /** Writes down what the URL gave, so that it need not be fetched from again as long as it gives that. */
    RECORD("artifact.fetch.record"),
    /** Forgets how the transfer could have been continued. */
    CLEAR("artifact.fetch.clear"),
    /** Deletes artifacts that the store no longer keeps. */
    FORGET("artifact.fetch.forget");

    private final String crashPoint;

    FetchEffect(String crashPoint) {
        this.crashPoint = crashPoint;
    }

    @Override
    public String in(StepCommand command) {
        return crashPoint;
    }

    /** The names of all crash points of this service. */
    public static List<String> names() {
        return Arrays.stream(values()).map(effect -> effect.crashPoint).toList();
    }
}
