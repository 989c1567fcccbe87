/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers as people read and write them. */
final class FormatTest {
    @ParameterizedTest
    @CsvSource({"PT0.85S, 850 ms", "PT12.3S, 12.3 s", "PT4M5S, 4 min 05 s", "PT2H10M, 2 h 10 min", "P2D, 48 h 0 min"})
    void durationsHaveTheUnitsThatMatter(Duration duration, String text) {
        assertThat(Format.duration(duration)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"500ms, PT0.5S", "45s, PT45S", "10m, PT10M", "6h, PT6H", "2d, PT48H", "PT10M, PT10M", "P1D, PT24H"})
    void durationsAreReadAsOperatorsWriteThem(String text, Duration duration) {
        assertThat(Format.parseDuration(text)).isEqualTo(duration);
    }
}
