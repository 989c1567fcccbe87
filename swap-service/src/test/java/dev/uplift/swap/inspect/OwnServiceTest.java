/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.profile.JarEntries;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnServiceTest {
    @ParameterizedTest
    @ValueSource(strings = {"uplift-orchestrator", "uplift-artifact", "uplift-backup", "uplift-swap"})
    void serviceIsToldByItsTitle(String title) throws Exception {
        assertThat(OwnService.is(manifest("Manifest-Version: 1.0\nImplementation-Title: " + title + "\n")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Manifest-Version: 1.0\n",
                "Manifest-Version: 1.0\nImplementation-Title: uplifting\n",
                "no manifest at all\n"
            })
    void anotherIsNone(String manifest) throws Exception {
        assertThat(OwnService.is(manifest(manifest))).isFalse();
    }

    @Test
    void whatIsNoJarIsNone() throws Exception {
        assertThat(OwnService.is(_ -> Optional.empty())).isFalse();
        assertThat(OwnService.is(_ -> {
                    throw new ZipException("no JAR");
                }))
                .isFalse();
    }

    private static JarEntries manifest(String text) {
        return name -> name.equals("META-INF/MANIFEST.MF")
                ? Optional.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))
                : Optional.empty();
    }
}
