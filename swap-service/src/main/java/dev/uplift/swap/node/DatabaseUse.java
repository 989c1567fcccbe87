/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

/** Whether a node that serves works on a database. Each text is about the node and one line. */
public sealed interface DatabaseUse {
    /** It does: {@code what} of it was seen there. */
    record Proven(String what) implements DatabaseUse {}

    /** Nothing shows that it does. It may do so nevertheless; {@code instead} tells what was seen. */
    record Unproven(String instead) implements DatabaseUse {}

    /** It cannot be the one that it works on. */
    record Refuted(String reason) implements DatabaseUse {}
}
