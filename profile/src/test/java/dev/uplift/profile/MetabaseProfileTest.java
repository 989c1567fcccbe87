/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metabase's JAR, where it comes from, and the rest of what its profile says. */
class MetabaseProfileTest {
    @Test
    void itsJarIsRecognisedByNameAndContent() throws IOException {
        JarEntries entries = jar("version.properties", "tag=v0.50.1");
        assertThat(Metabase.PROFILE.recognises("metabase.jar", entries)).isTrue();
        assertThat(Metabase.PROFILE.recognises("metabase-0.50.jar", entries)).isTrue();
        assertThat(Metabase.PROFILE.recognises("/srv/app/metabase.jar", entries))
                .isTrue();
        assertThat(Metabase.PROFILE.recognises("superset.jar", entries)).isFalse();
        assertThat(Metabase.PROFILE.recognises("metabase.jar", jar("x", ""))).isFalse();
    }

    @Test
    void aJarSaysItsVersionWithoutBeingRun() throws IOException {
        assertThat(Metabase.PROFILE.jarIdentity(jar(
                        "version.properties", "tag=v1.50.3\nhash=f402326\nbranch=release-x.50.x\ndate=2025-06-10\n")))
                .isEqualTo(new VersionReading.Known(Metabase.version("v1.50.3")));
        assertThat(Metabase.PROFILE.jarIdentity(jar("version.properties", "tag=?\n")))
                .isInstanceOf(VersionReading.Unreadable.class);
        assertThat(Metabase.PROFILE.jarIdentity(jar("other.properties", "tag=v1.50.3\n")))
                .isInstanceOf(VersionReading.Unreadable.class);
    }

    @ParameterizedTest
    @CsvSource({
        "v0.50.1, https://downloads.metabase.com/v0.50.1/metabase.jar",
        "v1.50.1, https://downloads.metabase.com/enterprise/v1.50.1/metabase.jar"
    })
    void releasesAreFetchedByEdition(String text, URI location) {
        assertThat(Metabase.PROFILE.location(Metabase.version(text))).contains(location);
        assertThat(Metabase.PROFILE.location(Metabase.version(text).edition(), text))
                .contains(location);
        assertThat(Metabase.PROFILE.location("community", text)).isEmpty();
        assertThat(Metabase.PROFILE.location(null, text)).isEmpty();
    }

    @Test
    void theEncryptionKeyIsComparedByFingerprintOnly() {
        var without = Metabase.PROFILE.unchangedFingerprints(Launch.with());
        var with = Metabase.PROFILE.unchangedFingerprints(Launch.with("MB_ENCRYPTION_SECRET_KEY=a-secret-of-16-ch"));
        var byProperty =
                Metabase.PROFILE.unchangedFingerprints(Launch.with("-Dmb.encryption.secret.key=a-secret-of-16-ch"));
        assertThat(without).containsExactly(Map.entry("encryption-key", "absent"));
        assertThat(with).isEqualTo(byProperty).isNotEqualTo(without);
        assertThat(with.get("encryption-key")).matches("[0-9a-f]{32}");
    }

    @Test
    void thePluginsAreKeptWithTheJar() {
        assertThat(Metabase.PROFILE.snapshotDirectories(Launch.with())).containsExactly(Path.of("/srv/app/plugins"));
        assertThat(Metabase.PROFILE.snapshotDirectories(Launch.with("MB_PLUGINS_DIR=/plugins")))
                .containsExactly(Path.of("/plugins"));
    }

    @Test
    void theRestIsStatedAsData() {
        assertThat(Metabase.PROFILE.commands())
                .containsEntry("migrate-down", List.of("migrate", "down"))
                .containsEntry("release-locks", List.of("migrate", "release-locks"));
        assertThat(Metabase.PROFILE.releaseLocks().map(Metabase.PROFILE::imageArguments))
                .contains(List.of("migrate release-locks"));
        assertThat(Metabase.PROFILE.log().complete()).containsExactly("Metabase Initialization COMPLETE");
        assertThat(Metabase.PROFILE.log().failed())
                .contains("Metabase Initialization FAILED", "ERROR: Downgrade detected");
        assertThat(Metabase.PROFILE.stop().grace()).hasSeconds(30);
        assertThat(Metabase.PROFILE.stop().exitCodes()).isEqualTo(Set.of(0, 143));
        assertThat(Metabase.PROFILE.database().minimumVersion(DatabaseRules.Kind.POSTGRESQL))
                .hasValue(12);
        assertThat(Metabase.PROFILE.database().migrations()).satisfies(migrations -> {
            assertThat(Objects.requireNonNull(migrations).progressQuery())
                    .isEqualTo("SELECT count(*) FROM databasechangelog");
            assertThat(migrations.lockQuery()).contains("databasechangeloglock");
        });
    }

    private static JarEntries jar(String entry, String content) {
        return name -> name.equals(entry)
                ? Optional.of(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)))
                : Optional.empty();
    }
}
