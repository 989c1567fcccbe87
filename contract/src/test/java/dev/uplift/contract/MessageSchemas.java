/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.module.jackson.JacksonModule;
import com.github.victools.jsonschema.module.jackson.JacksonOption;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** JSON Schema of every message type, from the records. Unknown fields are allowed: readers ignore them. */
final class MessageSchemas {
    static final String COMMAND_FILE = "step-command.json";

    private static final Map<Class<?>, String> FORMATS =
            Map.of(Instant.class, "date-time", Duration.class, "duration", URI.class, "uri", UUID.class, "uuid");

    private MessageSchemas() {}

    /** By file name: one for each type, and one that those of all commands refer to. */
    static Map<String, ObjectNode> all() {
        SchemaGenerator generator = generator();
        Map<String, ObjectNode> all = new LinkedHashMap<>();
        all.put(COMMAND_FILE, generator.generateSchema(StepCommand.class));
        for (StepName step : StepName.values()) {
            step.directions()
                    .forEach(direction -> all.put(fileOf(step.commandType(direction)), command(step, direction)));
        }
        MessageType.all().forEach((type, body) -> {
            if (body != StepCommand.class) {
                ObjectNode schema = generator.generateSchema(body);
                schema.put("title", type);
                all.put(fileOf(type), schema);
            }
        });
        return all;
    }

    static String fileOf(String type) {
        return type + ".json";
    }

    private static ObjectNode command(StepName step, Direction direction) {
        ObjectNode schema = Json.mapper().createObjectNode();
        schema.put("$schema", SchemaVersion.DRAFT_2020_12.getIdentifier());
        schema.put("title", step.commandType(direction));
        schema.put("$ref", COMMAND_FILE);
        ObjectNode properties = schema.putObject("properties");
        properties.putObject("step").put("const", step.name());
        properties.putObject("direction").put("const", direction.name());
        return schema;
    }

    private static SchemaGenerator generator() {
        SchemaGeneratorConfigBuilder config = new SchemaGeneratorConfigBuilder(
                        SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
                .with(new JacksonModule(JacksonOption.FLATTENED_ENUMS_FROM_JSONPROPERTY));
        config.forTypesInGeneral()
                .withPropertySorter((_, _) -> 0)
                .withCustomDefinitionProvider((type, _) -> string(FORMATS.get(type.getErasedType())));
        config.forFields()
                .withRequiredCheck(
                        field -> !field.getRawMember().getAnnotatedType().isAnnotationPresent(Nullable.class)
                                && !field.getRawMember().isAnnotationPresent(JsonInclude.class));
        return new SchemaGenerator(config.build());
    }

    private static @Nullable CustomDefinition string(@Nullable String format) {
        if (format == null) {
            return null;
        }
        ObjectNode string = Json.mapper().createObjectNode();
        string.put("type", "string").put("format", format);
        return new CustomDefinition(
                string, CustomDefinition.DefinitionType.INLINE, CustomDefinition.AttributeInclusion.YES);
    }
}
