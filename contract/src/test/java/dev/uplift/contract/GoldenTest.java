/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The wire form of every message is written down in {@code golden/}, and what was once written there is understood for ever. */
final class GoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final String WRITE = "./mvnw -pl contract test -Dtest=GoldenTest -Duplift.golden.write=true";

    static Stream<Map.Entry<String, Message>> messages() {
        return Examples.all().entrySet().stream();
    }

    static Stream<Path> goldenFiles() throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void theEncoderWritesExactlyTheGoldenForm(Map.Entry<String, Message> example) throws Exception {
        String json = pretty(WireCodec.bytes(example.getValue().body()));
        Path file = GOLDEN.resolve(example.getKey() + ".json");
        if (Boolean.getBoolean("uplift.golden.write") && !Files.exists(file)) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, json);
        }
        assertThat(file)
                .describedAs("a new message or variant; write its golden file with: " + WRITE)
                .exists();
        assertThat(json)
                .describedAs("%s: old readers depend on this form; add a variant for a new field", file)
                .isEqualTo(Files.readString(file));
    }

    @ParameterizedTest
    @MethodSource("goldenFiles")
    void whatWasOnceWrittenIsUnderstoodForEver(Path file) throws Exception {
        String name = file.getFileName().toString().replaceAll("\\.json$", "");
        Message example = Examples.all().get(name);
        String type = Examples.typeOf(name);

        Object body =
                Json.mapper().readValue(file.toFile(), MessageType.bodyOf(type).orElseThrow());

        if (example != null) {
            assertThat(body).isEqualTo(example.body());
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void aMessageSurvivesTheWireUnchanged(Map.Entry<String, Message> example) throws Exception {
        Message sent = example.getValue();
        assertThat(WireCodec.decode(Records.received(WireCodec.encode("topic", sent))))
                .isEqualTo(sent);
    }

    @Test
    void everyMessageTypeHasAnExample() {
        assertThat(Examples.all().values().stream().map(Message::type).distinct())
                .containsExactlyInAnyOrderElementsOf(MessageType.all().keySet());
    }

    @Test
    void everyKindOfOutputHasAnExample() {
        assertThat(Examples.all().values().stream()
                        .map(Message::body)
                        .filter(StepResult.Succeeded.class::isInstance)
                        .map(body ->
                                (Object) ((StepResult.Succeeded) body).output().getClass()))
                .contains((Object[]) StepOutput.class.getPermittedSubclasses());
    }

    @Test
    void anUnknownFieldIsIgnored() throws Exception {
        for (Message message : Examples.all().values()) {
            String json = new String(WireCodec.bytes(message.body()), java.nio.charset.StandardCharsets.UTF_8);
            String newer = "{\"later\":{\"a\":[1,{\"b\":null}]}," + json.substring(1);
            assertThat(WireCodec.decode(Records.withBody(message, newer)).body())
                    .isEqualTo(message.body());
        }
    }

    private static String pretty(byte[] json) throws IOException {
        JsonNode tree = Json.mapper().readTree(json);
        return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
    }
}
