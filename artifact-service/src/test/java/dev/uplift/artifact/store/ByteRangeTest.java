/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The ranges of RFC 9110. */
final class ByteRangeTest {
    @Test
    void aPartIsCutToTheFile() {
        assertThat(ByteRange.of("bytes=0-9", 100)).isEqualTo(new ByteRange.Part(0, 10));
        assertThat(ByteRange.of("bytes=90-", 100)).isEqualTo(new ByteRange.Part(90, 10));
        assertThat(ByteRange.of("bytes=90-200", 100)).isEqualTo(new ByteRange.Part(90, 10));
        assertThat(ByteRange.of("bytes=-10", 100)).isEqualTo(new ByteRange.Part(90, 10));
        assertThat(ByteRange.of("bytes=-200", 100)).isEqualTo(new ByteRange.Part(0, 100));
    }

    @Test
    void whatIsNoSingleRangeGetsTheWholeFile() {
        for (String header : new String[] {
            null, "", "bytes=-", "bytes=9-1", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=1234567890123456789-"
        }) {
            assertThat(ByteRange.of(header, 100)).describedAs(header).isEqualTo(new ByteRange.Whole());
        }
    }

    @Test
    void aPartBehindTheEndIsUnsatisfiable() {
        assertThat(ByteRange.of("bytes=100-", 100)).isEqualTo(new ByteRange.Unsatisfiable());
        assertThat(ByteRange.of("bytes=-0", 100)).isEqualTo(new ByteRange.Unsatisfiable());
    }
}
