/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import java.io.IOException;

/** Of a node that its host, or its engine, starts by itself. */
public interface Autostart {
    /** Makes sure that nobody but this saga starts it, also when the host starts again. */
    void hold(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException;

    /** Takes {@link #hold} back, for what serves: the host has it running from now on, if it can. */
    void release(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException;
}
