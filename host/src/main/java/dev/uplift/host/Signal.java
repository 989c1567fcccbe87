/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/** What may be sent to a process. */
public enum Signal {
    /** Asks it to end. */
    TERM,
    /** Ends it. */
    KILL
}
