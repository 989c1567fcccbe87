/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/** How things are called whose values nobody should see: parameters, settings, variables. */
public final class SecretNames {
    /** Found, without regard to case, in the name of what is secret. */
    public static final String PATTERN =
            "(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|credential"
                    + "|signature|(?<![A-Za-z0-9])(?:pass|pwd)(?![A-Za-z0-9]))";

    private SecretNames() {}
}
