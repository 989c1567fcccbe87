/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.uplift.contract.Json;
import dev.uplift.contract.PlainText;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;

/**
 * REST reads and writes the same bounded JSON as the topics, but what a request does not know it refuses: a pin whose
 * name is misspelt must not become no pin. Messages stay open for fields that later versions add.
 */
final class JsonMapping {
    @Produces
    @Singleton
    ObjectMapper mapper() {
        return Json.mapper()
                .rebuild()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .addModule(new SimpleModule("plain-text").addDeserializer(String.class, new PlainTexts()))
                .build();
    }

    /** Takes plain text only, whatever the field: a NUL can be stored nowhere, and no text of a request has lines. */
    private static final class PlainTexts extends StdScalarDeserializer<String> {
        private static final long serialVersionUID = 1L;

        PlainTexts() {
            super(String.class);
        }

        @Override
        public String deserialize(JsonParser json, DeserializationContext context) throws IOException {
            String text = StringDeserializer.instance.deserialize(json, context);
            if (!PlainText.is(text)) {
                throw JsonMappingException.from(
                        json,
                        "not plain",
                        new IllegalArgumentException("a text has a control character, such as a NUL or a line break"));
            }
            return text;
        }
    }
}
