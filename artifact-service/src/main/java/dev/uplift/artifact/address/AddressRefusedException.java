/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.address;

import java.net.UnknownHostException;

/** An address is not one that artifacts may come from; no connection was made. The message is one line without secrets. */
public final class AddressRefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    public AddressRefusedException(String detail) {
        super(detail);
    }
}
