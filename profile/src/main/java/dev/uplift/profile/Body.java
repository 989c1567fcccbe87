/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;

/** JSON that an application answered: read leniently, but within bounds. */
final class Body {
    private static final int LENGTH_MAX = 5_000_000;
    private static final int NESTING_DEPTH_MAX = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(LENGTH_MAX)
                            .maxNestingDepth(NESTING_DEPTH_MAX)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Body() {}

    static Optional<JsonNode> parse(String body) {
        try {
            JsonNode node = MAPPER.readTree(body);
            return node.isMissingNode() ? Optional.empty() : Optional.of(node);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The text of the value at a place; empty if the body is not JSON or has nothing, null or a structure there. */
    static Optional<String> textAt(String body, JsonPointer pointer) {
        return parse(body)
                .map(node -> node.at(pointer))
                .filter(node -> node.isValueNode() && !node.isNull())
                .map(JsonNode::asText);
    }
}
