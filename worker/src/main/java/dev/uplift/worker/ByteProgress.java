/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.Progress;
import java.util.function.LongConsumer;

/** Progress of what is read or written byte by byte. */
public final class ByteProgress {
    private ByteProgress() {}

    /**
     * Reports bytes as they are counted, and gives up when the step is cancelled.
     *
     * @param totalBytes 0 or less if nobody knows
     */
    public static LongConsumer of(StepRun run, String activity, long totalBytes) {
        return done -> {
            run.checkCancelled();
            run.progress(Progress.of(activity, Progress.Unit.BYTES, done, totalBytes));
        };
    }
}
