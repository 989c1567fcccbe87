/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.host.LocalHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryLoginsTest {
    private final LocalHost keeper = new LocalHost();

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "registry.example.com",
                "=env:LOGIN",
                "registry.example.com=operator:sesame",
                "registry.example.com=file:relative#/login",
                "registry.example.com/team=env:LOGIN"
            })
    void anEntryThatNamesNoRegistryOrNoReferenceIsRefused(String entry) {
        assertThatThrownBy(() -> RegistryLogins.configured(keeper, List.of(entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("REGISTRY=REFERENCE")
                .hasMessageNotContaining("sesame");
    }

    @Test
    void twoEntriesForOneRegistryAreRefused() {
        assertThatThrownBy(
                        () -> RegistryLogins.configured(keeper, List.of("r.example.com=env:A", "r.example.com=env:B")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLoginIsForItsOwnRegistryAlone() throws Exception {
        Path file = Files.writeString(directory.resolve("logins.json"), "{\"one\":\"operator:open sesame\"}");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        RegistryLogins logins =
                RegistryLogins.configured(keeper, List.of("registry.example.com:5000=file:" + file + "#/one"));

        assertThat(logins.authorization(ImageReference.parse("registry.example.com:5000/team/app")))
                .contains("Basic b3BlcmF0b3I6b3BlbiBzZXNhbWU=");
        assertThat(logins.authorization(ImageReference.parse("registry.example.com/team/app")))
                .isEmpty();
    }

    @Test
    void aTokenOfDockerLoginIsForTheEngineAlone() throws Exception {
        Path config = Files.writeString(
                directory.resolve("config.json"),
                "{\"auths\":{\"registry.example.com\":{\"auth\":\"b3BlcmF0b3I6\",\"identitytoken\":\"t0ken\"}}}");
        RegistryLogins logins = RegistryLogins.none(keeper).withDockerConfig(config);
        ImageReference image = ImageReference.parse("registry.example.com/team/app");

        assertThat(logins.authorization(image)).isEmpty();
        assertThat(logins.login(image)).hasValueSatisfying(login -> {
            assertThat(login.getIdentitytoken()).isEqualTo("t0ken");
            assertThat(login.getRegistryAddress()).isEqualTo("registry.example.com");
        });
    }
}
