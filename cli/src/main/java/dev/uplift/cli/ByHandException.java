/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

/** A file of the operator's is left as it is. The message says why, for a person. */
final class ByHandException extends Exception {
    private static final long serialVersionUID = 1L;

    ByHandException(String reason) {
        super(reason);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
