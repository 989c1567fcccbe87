/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

/**
 * Tells a used installation from one that started on an empty or a wrong database.
 *
 * @param endpoint what to ask
 * @param expected the value, as text, that a used installation answers for ever
 */
public record IdentityProbe(Endpoint endpoint, String expected) {

    IdentityReading read(String body) {
        return Body.textAt(body, endpoint.pointer())
                .<IdentityReading>map(value ->
                        value.equals(expected) ? new IdentityReading.Used() : new IdentityReading.Unused(value))
                .orElseGet(() -> new IdentityReading.Unreadable("the answer has nothing at " + endpoint.pointer()));
    }
}
