/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;

/** How a node is started, as it is written down in its {@link Node#directory}. */
public interface LaunchRecord {
    /** Makes the directory, if that is not the application's own and is not there. */
    default void makeDirectory() throws IOException, InterruptedException {}

    /** Writes down how it was seen to be started when it was registered; again, the same again. */
    void register(Fence.Held held, Observation observed) throws IOException, InterruptedException, FencedException;

    /** Writes it down again, if what {@link Node#check} saw has changed. */
    void capture(NodeWork work, Observation observed) throws IOException, InterruptedException, FencedException;

    /**
     * It is started as it was when it was checked.
     *
     * @throws StepFailure INTERFERED if it is not
     */
    void requireAsChecked(NodeWork work, Instance instance) throws IOException;
}
