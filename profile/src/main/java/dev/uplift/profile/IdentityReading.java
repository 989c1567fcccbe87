/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

/** What the identity probe says. Once used is for ever used: anything else after that is a failure. */
public sealed interface IdentityReading {

    /** The application works on a database that has been set up. */
    record Used() implements IdentityReading {}

    /** The application says that nobody has set it up; {@code value} is what it answered. */
    record Unused(String value) implements IdentityReading {}

    /** The answer does not say; {@code reason} is one printable line. */
    record Unreadable(String reason) implements IdentityReading {}
}
