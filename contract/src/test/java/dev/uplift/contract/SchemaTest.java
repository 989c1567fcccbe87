/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schemas and the AsyncAPI document that are checked in are those of the records, and tell the truth about them. */
final class SchemaTest {
    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Path SCHEMAS = RESOURCES.resolve("schema");
    private static final Path ASYNCAPI = RESOURCES.resolve("asyncapi.yaml");
    private static final String WRITE = "./mvnw -pl contract test -Dtest=SchemaTest -Duplift.schema.write=true";

    private static final SchemaValidatorsConfig STRICT =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    @BeforeAll
    static void write() throws IOException {
        if (!Boolean.getBoolean("uplift.schema.write")) {
            return;
        }
        Files.createDirectories(SCHEMAS);
        for (String stale : files()) {
            Files.delete(SCHEMAS.resolve(stale));
        }
        for (Map.Entry<String, ObjectNode> schema : MessageSchemas.all().entrySet()) {
            Files.writeString(SCHEMAS.resolve(schema.getKey()), text(schema.getValue()));
        }
        Files.writeString(ASYNCAPI, AsyncApi.document());
    }

    @Test
    void theSchemasAreThoseOfTheRecords() throws Exception {
        Map<String, ObjectNode> schemas = MessageSchemas.all();
        assertThat(files()).describedAs("run " + WRITE).isEqualTo(new TreeSet<>(schemas.keySet()));
        for (Map.Entry<String, ObjectNode> schema : schemas.entrySet()) {
            assertThat(Files.readString(SCHEMAS.resolve(schema.getKey())))
                    .describedAs("%s: run %s", schema.getKey(), WRITE)
                    .isEqualTo(text(schema.getValue()));
        }
    }

    @Test
    void theAsyncApiDocumentIsThatOfTheRecords() throws Exception {
        assertThat(ASYNCAPI).content().describedAs("run " + WRITE).isEqualTo(AsyncApi.document());
    }

    @Test
    void everyReferenceOfTheAsyncApiDocumentLeadsSomewhere() throws Exception {
        JsonNode document = new YAMLMapper().readTree(ASYNCAPI.toFile());
        List<String> references = document.findValuesAsText("$ref");
        assertThat(references).hasSizeGreaterThan(MessageType.all().size());
        for (String reference : references) {
            if (reference.startsWith("#")) {
                assertThat(document.at(reference.substring(1)).isMissingNode())
                        .describedAs(reference)
                        .isFalse();
            } else {
                assertThat(RESOURCES.resolve(reference)).exists();
            }
        }
        assertThat(document.at("/channels").findValuesAsText("$ref"))
                .containsAll(MessageType.all().keySet().stream()
                        .map(type -> "#/components/messages/" + type)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("dev.uplift.contract.GoldenTest#goldenFiles")
    void theGoldenFileIsValid(Path golden) throws Exception {
        String name = golden.getFileName().toString().replaceAll("\\.json$", "");
        assertThat(problems(Examples.typeOf(name), Json.mapper().readTree(golden.toFile())))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dev.uplift.contract.GoldenTest#messages")
    void whatTheSchemaRequiresIsWhatTheCodecRequires(Map.Entry<String, Message> example) throws Exception {
        Message message = example.getValue();
        ObjectNode body = (ObjectNode) Json.mapper().readTree(WireCodec.bytes(message.body()));
        for (ObjectNode without : withoutOneField(body)) {
            Optional<String> refusal = refusal(message, without);
            boolean valid = problems(message.type(), without).isEmpty();
            if (refusal.filter(SchemaTest::isAboutSeveralFields).isEmpty()) {
                assertThat(refusal.isEmpty()).describedAs("%s", without).isEqualTo(valid);
            }
        }
    }

    @Test
    void aSchemaCanSayNo() throws Exception {
        JsonNode body = Json.mapper().readTree("{\"version\":1,\"installations\":\"x\",\"requestId\":\"y\"}");
        assertThat(problems(MessageType.UPGRADE_REQUESTED, body)).hasSize(3);
        Message stop = Objects.requireNonNull(Examples.all().get("swap.stop"));
        JsonNode command = Json.mapper().readTree(WireCodec.bytes(stop.body()));
        assertThat(problems("swap.stop", command)).isEmpty();
        assertThat(problems("swap.start", command)).isNotEmpty();
    }

    private static Optional<String> refusal(Message message, ObjectNode body) {
        try {
            WireCodec.decode(Records.withBody(message, body.toString()));
            return Optional.empty();
        } catch (MalformedMessageException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** A schema does not tell what two fields demand of each other. */
    private static boolean isAboutSeveralFields(String refusal) {
        return refusal.contains("one of pid or directory, unit, container is needed")
                || refusal.contains("extractH2 is for a container only")
                || refusal.contains("a container is needed")
                || refusal.contains("joins is another installation")
                || refusal.contains("on a host that installation.hosts does not have");
    }

    private static List<ObjectNode> withoutOneField(ObjectNode tree) {
        List<ObjectNode> all = new java.util.ArrayList<>();
        tree.properties().forEach(field -> {
            ObjectNode without = tree.deepCopy();
            without.remove(field.getKey());
            all.add(without);
            if (field.getValue() instanceof ObjectNode child) {
                withoutOneField(child).forEach(mutant -> {
                    ObjectNode copy = tree.deepCopy();
                    copy.set(field.getKey(), mutant);
                    all.add(copy);
                });
            }
        });
        return all;
    }

    private static Set<ValidationMessage> problems(String type, JsonNode body) {
        JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(SchemaLocation.of("classpath:schema/" + MessageSchemas.fileOf(type)), STRICT);
        return schema.validate(body);
    }

    private static Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(SCHEMAS)) {
            return new TreeSet<>(
                    files.map(file -> file.getFileName().toString()).toList());
        }
    }

    private static String text(JsonNode schema) throws IOException {
        return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
    }
}
