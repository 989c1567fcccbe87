/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonPointer;
import java.net.URI;

/** A place in the JSON that the application answers at a path. */
public record Endpoint(String path, JsonPointer pointer) {

    /** The endpoint of an application at {@code baseUrl}. */
    public URI url(URI baseUrl) {
        return URI.create(baseUrl + path);
    }
}
