/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * An image that the engine has.
 *
 * @param raw the engine's own words: {@code GET /images/NAME/json}
 */
public record ImageInspection(JsonNode raw) {
    /** Such as {@code sha256:...}: the content, under whatever name. */
    public String id() {
        return raw.path("Id").asText();
    }

    /** The names with digests under which it was pulled. Those that are no references are left out. */
    public List<ImageReference> repoDigests() {
        List<ImageReference> references = new ArrayList<>();
        for (JsonNode name : raw.path("RepoDigests")) {
            try {
                references.add(ImageReference.parse(name.asText()));
            } catch (InvalidImageReferenceException _) {
                // such as <none>@<none>
            }
        }
        return references;
    }

    /** Whether it is what a registry has under this digest in this repository. */
    public boolean is(ImageReference pinned) {
        return repoDigests().stream()
                .anyMatch(known -> known.repository().equals(pinned.repository())
                        && String.valueOf(known.digest()).equals(pinned.digest()));
    }

    /** What containers of it inherit; empty fields where the image says nothing. */
    public JsonNode config() {
        return raw.path("Config");
    }

    /** Such as {@code linux/amd64} or {@code linux/arm/v7}. */
    public String platform() {
        String variant = raw.path("Variant").asText("");
        return raw.path("Os").asText() + "/" + raw.path("Architecture").asText()
                + (variant.isEmpty() ? "" : "/" + variant);
    }
}
