/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
    private static final String DIGEST = "sha256:" + "ab".repeat(32);
    private static final String OTHER = "sha256:" + "cd".repeat(32);

    @Test
    void aNameOfDockerHubIsCompletedAndWrittenShort() throws Exception {
        ImageReference plain = ImageReference.parse("postgres");
        assertThat(plain.repository()).isEqualTo("docker.io/library/postgres");
        assertThat(plain).hasToString("postgres");
        assertThat(plain.tagOrDigest()).isEqualTo("latest");
        assertThat(ImageReference.parse("docker.io/metabase/metabase:v0.51.0"))
                .hasToString("metabase/metabase:v0.51.0");
        assertThat(ImageReference.parse("index.docker.io/metabase/metabase").repository())
                .isEqualTo("docker.io/metabase/metabase");
    }

    @Test
    void aRegistryWithAPortATagAndADigestAreToldApart() throws Exception {
        ImageReference whole = ImageReference.parse("localhost:5000/team/app:1.0@" + DIGEST);
        assertThat(whole.registry()).isEqualTo("localhost:5000");
        assertThat(whole.path()).isEqualTo("team/app");
        assertThat(whole.tag()).isEqualTo("1.0");
        assertThat(whole.digest()).isEqualTo(DIGEST);
        assertThat(whole.byDigest()).isEqualTo("localhost:5000/team/app@" + DIGEST);
        assertThat(ImageReference.parse("[::1]:5000/app").registry()).isEqualTo("[::1]:5000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-v/:/h",
                "-v",
                "--privileged",
                "../etc",
                "app:",
                "app@",
                "app@sha256:abc",
                "app@md5:00000000000000000000000000000000",
                "App",
                "app tag",
                "app:tag tag",
                "app\n:1",
                "a//b",
                "/app",
                "app/",
                "registry.example.com:port/app",
                "user:password@registry.example.com/app",
                "https://registry.example.com/app",
                "app:1:2",
                "app@sha256:AB00000000000000000000000000000000000000000000000000000000000000",
                "0123456789012345678901234567890123456789012345678901234567890123",
                "app;reboot",
                "$(reboot)",
                "app\u0000"
            })
    void whatIsNoReferenceIsRefused(String text) {
        assertThatThrownBy(() -> ImageReference.parse(text))
                .isInstanceOf(InvalidImageReferenceException.class)
                .hasMessageNotContainingAny("\n", "\u0000");
    }

    @Test
    void aNameOfEndlessLengthIsRefusedAndNotRepeated() {
        assertThatThrownBy(() -> ImageReference.parse("a".repeat(5000)))
                .isInstanceOf(InvalidImageReferenceException.class)
                .message()
                .hasSizeLessThan(250);
    }

    @Test
    void aTagIsRefusedWhereADigestIsNeeded() throws Exception {
        assertThatThrownBy(() -> ImageReference.pinned("metabase/metabase:v0.51.0"))
                .isInstanceOf(InvalidImageReferenceException.class)
                .hasMessageContaining("names no digest");
        assertThat(ImageReference.pinned("metabase/metabase@" + DIGEST).digest())
                .isEqualTo(DIGEST);
    }

    @Test
    void anotherRepositoryIsRefused() throws Exception {
        ImageReference expected = ImageReference.parse("metabase/metabase");
        for (String other : List.of("metabase/metabase-enterprise", "evil.example.com/metabase/metabase", "metabase")) {
            ImageReference reference = ImageReference.parse(other + "@" + DIGEST);
            assertThatThrownBy(() -> reference.requireRepository(expected))
                    .isInstanceOf(InvalidImageReferenceException.class)
                    .hasMessageContaining("another repository");
        }
        assertThat(ImageReference.parse("docker.io/metabase/metabase@" + DIGEST).requireRepository(expected))
                .isNotNull();
    }

    @Test
    void anotherDigestThanTheOneAskedForIsRefused() throws Exception {
        ImageReference pinned = ImageReference.parse("app@" + DIGEST);
        assertThat(pinned.at(DIGEST)).isEqualTo(pinned);
        assertThatThrownBy(() -> pinned.at(OTHER)).isInstanceOf(InvalidImageReferenceException.class);
        assertThat(ImageReference.parse("app:1").at(OTHER)).hasToString("app:1@" + OTHER);
    }
}
