package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

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
        assertThat(OneLine.of("MB_DB_PASS: x MB_ENCRYPTION_SECRET_KEY=abc")).doesNotContain("abc");
    }

    @Test
    void longTextIsCut() {
        assertThat(OneLine.of("x".repeat(5_000))).hasSize(1_000).endsWith("...");
    }

    @Test
    void anExceptionIsItsKindAndMessage() {
        assertThat(OneLine.of(new IOException("gone"))).isEqualTo("IOException: gone");
        assertThat(OneLine.of(new IOException())).isEqualTo("IOException");
        assertThat(OneLine.of("")).isEqualTo("(no detail)");
    }
}
