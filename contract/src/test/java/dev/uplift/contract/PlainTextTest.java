/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.api.Reason;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextTest {
    @ParameterizedTest
    @ValueSource(ints = {0, '\n', 0x1b, 0x85, 0x9b, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xd800, 0xdc00})
    void aReasonTakesNoCharacterThatMisleads(int codePoint) {
        String text = "a" + Character.toString(codePoint) + "b";
        assertThat(PlainText.is(text)).isFalse();
        assertThatThrownBy(() -> new Reason("alice", text)).hasMessage("reason contains a control character");
        assertThatThrownBy(() -> new Reason(text, "it is gone")).hasMessage("by contains a control character");
    }

    @Test
    void whoeverGivesAReasonCanBeToldOf() {
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .mapToObj(codePoint -> "a" + Character.toString(codePoint) + "b")
                .filter(PlainText::is)
                .map(text -> new Reason(text, text))
                .forEach(wish -> assertThat(new FenceTaken(
                                        UUID.randomUUID(), "sales", List.of(), wish.by(), wish.reason(), Instant.EPOCH)
                                .reason())
                        .isEqualTo(wish.reason()));
    }

    @Test
    void textInAnyScriptIsPlain() {
        assertThat(PlainText.is("Zürich 東京 👩‍🔧 שלום")).isTrue();
    }
}
