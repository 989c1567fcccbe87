/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.CommandRefused;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OneLineTest {
    @Test
    void linesAndControlCharactersBecomeSpaces() {
        assertThat(OneLine.of("first\r\n\u001b[31msecond\0")).isEqualTo("first [31msecond");
    }

    @Test
    void whatLooksLikeAPasswordIsMasked() {
        assertThat(OneLine.of("no jdbc:postgresql://metabase:s3cret@db/x?password=hunter2&a=b"))
                .doesNotContain("s3cret")
                .doesNotContain("hunter2");
        assertThat(OneLine.of("MB_DB_PASS=hunter2 MB_ENCRYPTION_SECRET_KEY=abc"))
                .isEqualTo("MB_DB_PASS=*** MB_ENCRYPTION_SECRET_KEY=***");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "https://user:s3cret@example.org/x.jar",
                "https://s3cret@example.org/x.jar",
                "https://user:s3cret@s3cret@example.org/x.jar",
                "https://user:s3cret/s3cret@example.org/x.jar",
                "https://user:s3cret?s3cret#@example.org/x.jar",
                "a <https://u:s3cret@example.org> and http://v:s3cret@example.org",
                "https://example.org/x.jar?token=s3cret&b=c",
                "https://bucket.example.org/x.jar?X-Amz-Signature=s3cret",
                "{\"password\":\"s3cret\"}",
                "{'apiKey': 's3cret s3cret'}",
                "Authorization: Bearer s3cret.s3cret",
                "password=\"s3cret s3cret\"",
                "password=a&s3cret",
                "PWD: s3cret",
                "db.pass=s3cret",
                "Authorization: Basic s3cret",
                "got Basic s3cretAAAA==",
                "got Basic s3cretaa",
                "got Bearer abcdefGhs3cret",
            })
    void noSecretIsLeft(String text) {
        assertThat(OneLine.of(text)).doesNotContain("s3cret").contains("***");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "https://registry.example.org:5000/v2/metabase@sha256:abc answered 404",
                "https://example.org/@scope/x.jar is gone",
                "jdbc:postgresql://db:5432/x?user=metabase",
                "metabase@host:/srv is not a directory",
                "Basic authentication failed",
                "Bearer authorization is needed",
                "compass=north, bypass: yes",
            })
    void whatIsNoSecretStays(String text) {
        assertThat(OneLine.of(text)).isEqualTo(text);
    }

    @Test
    void longTextIsCut() {
        assertThat(OneLine.of("x".repeat(5_000))).hasSize(1_000).endsWith("...");
    }

    @Test
    void theContractTakesEveryLine() {
        Random random = new Random(20);
        int[] hostile = {0x1b, 0x9b, 0x85, 0x2028, 0x2029, 0x202e, 0x2066, 0xd800, 0xdc00, 0x1f600, ' ', 'x', '\n'};
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(1_200); length > 0; length--) {
                text.appendCodePoint(hostile[random.nextInt(hostile.length)]);
            }
            String line = OneLine.of(text.toString());
            assertThat(new CommandRefused("topic/0/1", line).problem()).isEqualTo(line);
        }
    }

    @Test
    void anExceptionIsItsKindAndMessage() {
        assertThat(OneLine.of(new IOException("gone"))).isEqualTo("IOException: gone");
        assertThat(OneLine.of(new IOException())).isEqualTo("IOException");
        assertThat(OneLine.of("")).isEqualTo("(no detail)");
    }
}
