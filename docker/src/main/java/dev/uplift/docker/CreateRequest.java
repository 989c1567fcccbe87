/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * A container to be.
 *
 * @param name without a leading slash
 * @param platform such as {@code linux/amd64}
 * @param body what is sent to {@code POST /containers/create}, in the engine's own words
 * @param furtherNetworks by name, with their endpoints: one network is part of the body, the others are
 *     connected after it, because engines before API 1.44 take one only
 */
public record CreateRequest(String name, String platform, ObjectNode body, Map<String, JsonNode> furtherNetworks) {
    private static final ObjectMapper SORTED =
            new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);

    /** What makes two requests the same: SHA-256 of everything but the label that holds it. */
    String fingerprint() {
        ObjectNode bare = body.deepCopy();
        if (bare.get("Labels") instanceof ObjectNode labels) {
            labels.remove(UpliftLabels.REQUEST);
        }
        try {
            Object sorted = SORTED.treeToValue(bare, Object.class);
            String text = name + "\n" + platform + "\n" + SORTED.writeValueAsString(sorted) + "\n"
                    + SORTED.writeValueAsString(furtherNetworks);
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (JacksonException | NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What is sent: with the fingerprint among the labels. */
    ObjectNode sent() {
        ObjectNode labelled = body.deepCopy();
        labelled.withObjectProperty("Labels").put(UpliftLabels.REQUEST, fingerprint());
        return labelled;
    }

    /** The labels that it asks for. */
    String label(String key) {
        return body.path("Labels").path(key).asText("");
    }
}
