/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeoutException;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;

/** Why SSH failed, for a person: the library tells of its own objects. */
final class SshFailure {
    private static final int NOT_LET_IN = SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE;

    private SshFailure() {}

    /** In one line. */
    static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case TimeoutException _ -> {
                    return "it does not answer";
                }
                case ConnectException refused -> {
                    return "nobody listens there (" + refused.getMessage() + ")";
                }
                case UnresolvedAddressException _ -> {
                    return "its address is not known here";
                }
                case UnknownHostException _ -> {
                    return "its address is not known here";
                }
                case SshException denied
                when denied.getDisconnectCode() == NOT_LET_IN -> {
                    return "it does not let this user in with the registered key";
                }
                default -> {}
            }
        }
        return String.valueOf(failure.getMessage());
    }
}
