/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a Metabase that runs is reached, and what its answers mean. */
class MetabaseHealthTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"status\":\"initializing\",\"progress\":0.3} | 0.3",
                "{\"status\":\"initializing\",\"progress\":0} | 0",
                "{\"status\":\"initializing\",\"progress\":1.0} | 1",
            })
    void aStartReportsItsProgress(String body, double progress) {
        assertThat(Metabase.PROFILE.health().read(503, body))
                .isEqualTo(new HealthReading.Starting(OptionalDouble.of(progress)));
    }

    @Test
    void startingWithoutAProgressIsStartingAllTheSame() {
        HealthReading starting = new HealthReading.Starting(OptionalDouble.empty());
        assertThat(Metabase.PROFILE.health().read(503, "Metabase is still initializing. Please sit tight..."))
                .isEqualTo(starting);
        assertThat(Metabase.PROFILE.health().read(503, "{\"status\":\"initializing\"}"))
                .isEqualTo(starting);
        assertThat(Metabase.PROFILE.health().read(503, "{\"status\":\"initializing\",\"progress\":\"soon\"}"))
                .isEqualTo(starting);
    }

    @Test
    void onlyOkWithStatus200IsHealthy() {
        assertThat(Metabase.PROFILE.health().read(200, "{\"status\":\"ok\"}")).isEqualTo(new HealthReading.Healthy());
        assertThat(Metabase.PROFILE.health().read(503, "{\"status\":\"ok\"}"))
                .isInstanceOf(HealthReading.Unhealthy.class);
        assertThat(Metabase.PROFILE.health().read(503, "{\"status\":\"Unable to get app-db connection\"}"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 503, /status is \"Unable to get app-db connection\""));
        assertThat(Metabase.PROFILE.health().read(503, "{\"status\":\"Error getting app-db connection\"}"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 503, /status is \"Error getting app-db connection\""));
        assertThat(Metabase.PROFILE.health().read(200, "{\"status\":\"alive\"}"))
                .isInstanceOf(HealthReading.Unhealthy.class);
        assertThat(Metabase.PROFILE.health().read(502, "<h1>Bad\u001b[31m\r\ngateway</h1>"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 502: \"<h1>Bad?[31m??gateway</h1>\""));
        assertThat(Metabase.PROFILE.health().read(404, "")).isEqualTo(new HealthReading.Unhealthy("HTTP 404"));
    }

    @Test
    void theRunningVersionAndTheIdentityComeFromTheSessionProperties() {
        String used = """
            {"version":{"date":"2025-06-10","tag":"v0.55.2.1","hash":"f402326"},"has-user-setup":true}\
            """;
        assertThat(Metabase.PROFILE.readVersion(used))
                .isEqualTo(new VersionReading.Known(Metabase.version("v0.55.2.1")));
        assertThat(Metabase.PROFILE.readIdentity(used)).isEqualTo(new IdentityReading.Used());
        assertThat(Metabase.PROFILE.readIdentity("{\"has-user-setup\":false}"))
                .isEqualTo(new IdentityReading.Unused("false"));
        assertThat(Metabase.PROFILE.readIdentity("{}")).isInstanceOf(IdentityReading.Unreadable.class);
        assertThat(Metabase.PROFILE.readVersion("{\"version\":{}}")).isInstanceOf(VersionReading.Unreadable.class);
        assertThat(Metabase.PROFILE.readVersion("not json")).isInstanceOf(VersionReading.Unreadable.class);
        URI base = URI.create("http://127.0.0.1:3000");
        assertThat(Metabase.PROFILE.versionEndpoint().orElseThrow().url(base))
                .isEqualTo(URI.create("http://127.0.0.1:3000/api/session/properties"));
        assertThat(Metabase.PROFILE.health().url(base)).isEqualTo(URI.create("http://127.0.0.1:3000/api/health"));
    }

    @ParameterizedTest
    @CsvSource({
        "A=B, http://localhost:3000",
        "MB_JETTY_PORT=3001, http://localhost:3001",
        "-Dmb.jetty.port=3002, http://localhost:3002",
        "MB_JETTY_HOST=0.0.0.0, http://127.0.0.1:3000",
        "MB_JETTY_HOST=::, http://127.0.0.1:3000",
        "MB_JETTY_HOST=::1, http://[::1]:3000",
        "MB_JETTY_HOST=10.1.2.3, http://10.1.2.3:3000",
        "JAVA_TOOL_OPTIONS=-Dmb.jetty.port=3003, http://localhost:3003"
    })
    void theBaseUrlComesFromTheSettings(String word, URI baseUrl) {
        assertThat(Metabase.PROFILE.health().baseUrl(Launch.with(word))).isEqualTo(baseUrl);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MB_JETTY_HOST=x@evil.example",
                "MB_JETTY_HOST=evil.example:80/x?",
                "MB_JETTY_HOST=evil/",
                "MB_JETTY_HOST=a b",
                "MB_JETTY_HOST=-x",
                "MB_JETTY_HOST=[::1"
            })
    void aHostThatIsMoreThanAHostIsRefused(String word) {
        LaunchView view = Launch.with(word);
        assertThat(assertThrows(
                        SettingException.class, () -> Metabase.PROFILE.health().baseUrl(view)))
                .hasMessageContaining("MB_JETTY_HOST");
    }

    @ParameterizedTest
    @ValueSource(strings = {"MB_JETTY_PORT=http", "MB_JETTY_PORT=0", "MB_JETTY_PORT=65536", "MB_JETTY_PORT=-1"})
    void aPortThatIsNoneIsRefused(String word) {
        LaunchView view = Launch.with(word);
        assertThat(assertThrows(
                        SettingException.class, () -> Metabase.PROFILE.health().port(view)))
                .hasMessageContaining("MB_JETTY_PORT");
    }
}
