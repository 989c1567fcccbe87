/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.ComposedNode;
import java.io.IOException;
import java.util.Optional;

/** Of a node that Docker Compose may have made. */
public interface ComposeFiles {
    /** What is to be written in the files of Docker Compose that it is made by; empty: it is not made by compose. */
    Optional<ComposedNode> composed(NodeWork work, Observation observed) throws IOException, InterruptedException;
}
