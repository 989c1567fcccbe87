/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/** A value that nobody may see by accident: it does not print itself. */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** The value. Give it to the one that needs it and to nobody else. */
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "***";
    }
}
