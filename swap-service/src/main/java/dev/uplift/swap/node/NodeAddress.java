/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import java.net.URI;

/** Where a node answers HTTP at this moment. */
public sealed interface NodeAddress {
    /** There, if it is well; {@code url} is as reached from here. */
    record At(URI url) implements NodeAddress {}

    /** Nowhere, because it does not run or cannot be reached; {@code reason} is one line. */
    record None(String reason) implements NodeAddress {}
}
