/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/**
 * One thing that was looked at before anything is changed.
 *
 * @param name stable, such as {@code database.rights}
 * @param detail for a person: what was seen and, if it is not good, what to do
 */
public record Check(String name, Verdict verdict, String detail) {
    /** What a check found. */
    public enum Verdict {
        /** Nothing stands in the way. */
        OK,
        /** The upgrade can go on; the operator should know. */
        WARN,
        /** The upgrade is refused. */
        FAIL
    }

    public Check {
        Checks.text(name, "check.name");
        Checks.present(verdict, "check.verdict");
        Checks.text(detail, "check.detail");
    }
}
