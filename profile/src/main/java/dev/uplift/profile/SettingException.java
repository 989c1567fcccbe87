/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

/** The settings with which an application was started cannot be understood. The message holds no value of a secret. */
public final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    SettingException(String reason) {
        super(reason);
        this.reason = reason;
    }

    /** The message: one printable line. */
    public String reason() {
        return reason;
    }
}
