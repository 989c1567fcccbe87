/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/** A message that nobody can understand. Its text says why in one line and holds nothing of the message's body. */
public final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String reason) {
        super(reason);
    }
}
