/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Spring Boot's order of places and its relaxed names: {@code maxActive}, {@code max-active} and {@code max_active} are one. */
final class SpringSettings {
    private static final String JSON_VARIABLE = "SPRING_APPLICATION_JSON";
    private static final String JSON_PROPERTY = "spring.application.json";

    private final JavaCommandLine command;
    private final Map<String, String> environment;

    SpringSettings(JavaCommandLine command, Map<String, String> environment) {
        this.command = command;
        this.environment = environment;
    }

    Optional<String> value(String name) {
        return command.argument(name, SpringSettings::same)
                .or(() -> applicationJson().flatMap(json -> inJson(json, "", name)))
                .or(() -> command.property(name, SpringSettings::same))
                .or(() -> Optional.ofNullable(environment.get(variable(name))))
                .or(() -> Optional.ofNullable(environment.get(variable(name).toLowerCase(Locale.ROOT))));
    }

    /** {@code spring.datasource.driver-class-name} is {@code SPRING_DATASOURCE_DRIVERCLASSNAME}. */
    private static String variable(String name) {
        return name.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }

    private static boolean same(String left, String right) {
        return uniform(left).equals(uniform(right));
    }

    private static String uniform(String name) {
        return name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
    }

    private Optional<JsonNode> applicationJson() {
        Optional<String> text = command.argument(JSON_PROPERTY)
                .or(() -> command.property(JSON_PROPERTY))
                .or(() -> Optional.ofNullable(environment.get(JSON_VARIABLE)));
        return text.map(json ->
                Body.parse(json).orElseThrow(() -> new SettingException(JSON_VARIABLE + " is not a JSON document")));
    }

    private static Optional<String> inJson(JsonNode node, String path, String name) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String here = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            if (field.getValue().isValueNode() && same(here, name)) {
                return Optional.of(field.getValue().asText());
            }
            Optional<String> deeper = inJson(field.getValue(), here, name);
            if (deeper.isPresent()) {
                return deeper;
            }
        }
        return Optional.empty();
    }
}
