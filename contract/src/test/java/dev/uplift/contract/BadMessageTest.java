/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever stands in a record, the codec gives a message or one clear line that quotes nothing of it. */
final class BadMessageTest {
    private static final String CANARY = "s3cr3t-c4n4ry";
    private static final Message TRIGGER = example("upgrade.requested");

    static List<Map.Entry<String, Message>> messages() {
        return List.copyOf(Examples.all().entrySet());
    }

    @Test
    void aKeyThatOccursTwiceIsRefused() {
        refusal(TRIGGER, "{\"version\":\"v1\",\"installations\":[\"a\"],\"version\":\"" + CANARY + "\"}")
                .contains("a key occurs twice at line 1");
    }

    @Test
    void aKeyThatOccursTwiceInAnIgnoredFieldIsRefused() {
        refusal(
                        TRIGGER,
                        "{\"version\":\"v1\",\"installations\":[\"a\"],\"x\":{\"s3cr3t-c4n4ry\":1,\"s3cr3t-c4n4ry\":2}}")
                .contains("a key occurs twice");
    }

    @Test
    void deepNestingIsRefused() {
        String deep = "[".repeat(10_000) + "]".repeat(10_000);
        refusal(TRIGGER, "{\"version\":\"v1\",\"installations\":[\"a\"],\"x\":" + deep + "}")
                .contains("nested deeper than 64 levels");
    }

    @Test
    void moreThanAMegabyteIsRefused() {
        refusal(TRIGGER, "{\"version\":\"v1\",\"installations\":[\"a\"],\"x\":\"" + "y".repeat(1_000_000) + "\"}")
                .contains("at most 1000000 are taken");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"s3cr3t-c4n4ry\"",
                "s3cr3t-c4n4ry",
                "{",
                "{}",
                "{\"version\":\"v1\"}",
                "{\"version\":\"v1\",\"installations\":[]}",
                "{\"version\":\"v1\",\"installations\":[null]}",
                "{\"version\":\"v1\",\"installations\":\"a\"}",
                "{\"version\":null,\"installations\":[\"a\"]}",
                "{\"version\":\" \",\"installations\":[\"a\"]}",
                "{\"version\":1,\"installations\":[\"a\"]}",
                "{\"version\":true,\"installations\":[\"a\"]}",
                "{\"version\":[\"v1\"],\"installations\":[\"a\"]}",
                "{\"version\":\"v1\",\"installations\":[\"a\"]} {}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"requestId\":\"s3cr3t-c4n4ry\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"requestId\":\"1-1-1-1-1\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"requestId\":\"\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"url\":\"\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"url\":\"http://h/ s3cr3t-c4n4ry\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"url\":\"s3cr3t-c4n4ry.jar\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"sha256\":\"s3cr3t-c4n4ry\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"limits\":{\"progressDeadline\":600}}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"limits\":\"PT5M\"}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"@class\":\"s3cr3t-c4n4ry\"}",
                "{\"@class\":\"s3cr3t-c4n4ry\",\"version\":\"v1\",\"installations\":[\"a\"]}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],\"@s3cr3t-c4n4ry\":\"x\"}",
                "[\"s3cr3t-c4n4ry\",{\"version\":\"v1\",\"installations\":[\"a\"]}]",
                "{'version':'v1'}",
                "{\"version\":\"v1\",\"installations\":[\"a\"],}",
                "{\"version\":\"v1\", /* s3cr3t-c4n4ry */ \"installations\":[\"a\"]}"
            })
    void aBodyThatIsNotARequestIsRefused(String json) {
        refusal(TRIGGER, json).startsWith("the body is not a valid upgrade.requested: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\\u001b[31ms3cr3t-c4n4ry",
                "a\\r\\nSet-Cookie: x",
                "a\\u0000",
                "a\\u0085b",
                "a\\u2028b",
                "a\\u202Egnp.exe",
                "a\\u2066b",
                "a\\ud800b"
            })
    void aNameThatATerminalOrALogWouldMisreadIsRefused(String name) {
        refusal(TRIGGER, "{\"version\":\"v1\",\"installations\":[\"" + name + "\"]}")
                .contains("installations contains a control character");
    }

    @Test
    void aNameInAnyScriptIsTaken() throws Exception {
        String json = "{\"version\":\"v1\",\"installations\":[\"Zürich 東京 👩‍🔧 שלום\"]}";
        assertThat(WireCodec.decode(Records.withBody(TRIGGER, json)).body()).isInstanceOf(UpgradeRequested.class);
    }

    @Test
    void aWrongEnumNamesThePossibleOnes() {
        Message failed = example("step.failed");
        refusal(failed, text(failed).replace("artifact.wrong", CANARY))
                .contains("code is not one of preflight.refused,");
    }

    @Test
    void anUnknownKindIsRefused() {
        Message succeeded = example("step.succeeded.serving");
        refusal(succeeded, text(succeeded).replace("\"serving\"", "\"java.lang." + CANARY + "\""))
                .contains("output is missing its kind, or has an unknown one");
    }

    @Test
    void anUnknownTypeIsRefused() {
        refusal(Records.withHeader(TRIGGER, "ce_type", "upgrade.demanded"))
                .isEqualTo("unknown message type upgrade.demanded");
        refusal(Records.withHeader(TRIGGER, "ce_type", "\u001b[2J" + CANARY))
                .isEqualTo("header ce_type contains a control character");
        refusal(Records.withHeader(TRIGGER, "ce_type", "Java Lang " + CANARY)).isEqualTo("unknown message type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject"})
    void aRecordWithoutACloudEventsHeaderIsRefused(String header) {
        refusal(Records.withHeader(TRIGGER, header, null)).contains("header " + header + " is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ce_specversion", "ce_id", "ce_source", "ce_subject", "ce_time"})
    void aHeaderThatIsNotWellFormedIsRefused(String header) {
        refusal(Records.withHeader(TRIGGER, header, "not a " + CANARY));
        refusal(Records.withHeader(TRIGGER, header, ""));
        refusal(Records.withHeader(TRIGGER, header, "\u001b]0;" + CANARY + "\u0007"));
        refusal(Records.withHeader(TRIGGER, header, CANARY.repeat(1_000)));
    }

    @Test
    void aHeaderThatOccursTwiceIsRefused() {
        ConsumerRecord<String, byte[]> record = Records.received(WireCodec.encode("topic", TRIGGER));
        record.headers().add("ce_type", "step.failed".getBytes(StandardCharsets.UTF_8));
        refusal(record).isEqualTo("a CloudEvent header occurs twice");
    }

    @Test
    void aTraceContextThatIsNotWellFormedIsDropped() throws Exception {
        Message decoded = WireCodec.decode(Records.withHeader(TRIGGER, "ce_traceparent", "\u001b[31m" + CANARY));
        assertThat(decoded.traceparent()).isNull();
    }

    @Test
    void aKeyThatIsNotTheSubjectIsRefused() {
        refusal(Records.withKey(TRIGGER, "another")).isEqualTo("the record's key is not the event's subject");
        refusal(Records.withKey(TRIGGER, null)).isEqualTo("the record's key is not the event's subject");
    }

    @Test
    void aKeyThatIsNotTheInstallationOfTheBodyIsRefused() {
        String other = UUID.randomUUID().toString();
        for (Message message : Examples.all().values()) {
            if (!message.type().equals(MessageType.UPGRADE_REQUESTED)) {
                Message forged = new Message(
                        message.id(), message.type(), message.source(), other, message.time(), null, message.body());
                refusal(Records.received(WireCodec.encode("topic", forged)))
                        .isEqualTo("the body is not about the event's subject");
            }
        }
    }

    @Test
    void aCommandWhoseBodyIsAnotherStepIsRefused() {
        refusal(Records.withHeader(example("swap.stop"), "ce_type", "swap.start"))
                .contains("step and direction are another command's");
        Message soak = example("swap.soak");
        refusal(soak, text(soak).replace("\"DO\"", "\"UNDO\"")).contains("step and direction are another command's");
    }

    @ParameterizedTest
    @MethodSource("messages")
    void everyRequiredFieldIsMissedByName(Map.Entry<String, Message> example) throws Exception {
        Message message = example.getValue();
        ObjectNode tree = (ObjectNode) Json.mapper().readTree(WireCodec.bytes(message.body()));
        for (var component : message.body().getClass().getRecordComponents()) {
            boolean optional = component.getAnnotatedType().isAnnotationPresent(org.jspecify.annotations.Nullable.class)
                    || component.getAccessor().isAnnotationPresent(JsonInclude.class);
            if (optional) {
                continue;
            }
            ObjectNode without = tree.deepCopy();
            without.remove(component.getName());
            refusal(message, without.toString()).contains(component.getName());
            refusal(message, tree.deepCopy().putNull(component.getName()).toString())
                    .contains(component.getName());
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void aValueOfTheWrongFormAnywhereIsRefusedWithoutBeingQuoted(Map.Entry<String, Message> example) throws Exception {
        Message message = example.getValue();
        String text = "\"\\u001b[31m" + CANARY + "\\r\\n\"";
        for (String wrong : List.of(text, "[" + text + "]", "{\"" + CANARY + "\":1}", "91234567891234567891")) {
            JsonNode value = Json.mapper().readTree(wrong);
            for (JsonNode mutant : mutants(Json.mapper().readTree(WireCodec.bytes(message.body())), value)) {
                refusal(message, mutant.toString());
            }
        }
    }

    /** Every document that has {@code value} in the place of one value of {@code tree}. */
    private static List<JsonNode> mutants(JsonNode tree, JsonNode value) {
        List<JsonNode> mutants = new ArrayList<>();
        mutants.add(value);
        switch (tree) {
            case ObjectNode object ->
                object.properties()
                        .forEach(field -> mutants(field.getValue(), value)
                                .forEach(mutant -> mutants.add(object.deepCopy().set(field.getKey(), mutant))));
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    int index = i;
                    mutants(array.get(i), value).forEach(mutant -> {
                        ArrayNode copy = array.deepCopy();
                        copy.set(index, mutant);
                        mutants.add(copy);
                    });
                }
            }
            default -> {}
        }
        return mutants;
    }

    private static AbstractStringAssert<?> refusal(Message message, String json) {
        return refusal(Records.withBody(message, json));
    }

    private static AbstractStringAssert<?> refusal(ConsumerRecord<String, byte[]> record) {
        MalformedMessageException refusal =
                catchThrowableOfType(MalformedMessageException.class, () -> WireCodec.decode(record));
        assertThat(refusal)
                .describedAs("%s %s", record.headers(), new String(record.value(), StandardCharsets.UTF_8))
                .isNotNull();
        assertThat(refusal.getMessage())
                .isNotBlank()
                .hasSizeLessThan(1_200)
                .doesNotContain(CANARY)
                .doesNotContainPattern("\\p{Cntrl}");
        assertThat(refusal).hasNoCause();
        return assertThat(refusal.getMessage());
    }

    private static Message example(String name) {
        return java.util.Objects.requireNonNull(Examples.all().get(name));
    }

    private static String text(Message message) {
        return new String(WireCodec.bytes(message.body()), StandardCharsets.UTF_8);
    }
}
