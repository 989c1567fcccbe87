/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import java.util.List;

/** What an application writes, fit to be shown. */
public interface NodeLog {
    /** Where its end is now; it changes with everything that is written. */
    String mark();

    /**
     * The last lines written after {@code mark}, without secrets, in one line. Frames of stack traces are
     * left out: what went wrong stands above them.
     *
     * @param mark an answer of {@link #mark}; empty text: from the beginning
     * @param telling lines with one of these texts are shown although later ones would push them out
     */
    String since(String mark, List<String> telling);
}
