/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.profile.DatabaseSettings.H2;
import dev.uplift.profile.DatabaseSettings.PostgreSql;
import dev.uplift.profile.DatabaseSettings.Unsupported;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers and JAR entries are those of the real servers 2.5.1.RELEASE and 2.7.0. */
class SpringCloudDataFlowProfileTest {
    private static final String POM =
            "META-INF/maven/org.springframework.cloud/spring-cloud-dataflow-server/pom.properties";
    private static final Profile DATA_FLOW = builtIn();

    private static Profile builtIn() {
        try {
            return Profiles.load(Optional.empty())
                    .byName("spring-cloud-data-flow")
                    .orElseThrow();
        } catch (ProfileException e) {
            throw new AssertionError(e);
        }
    }

    private static ApplicationVersion version(String text) {
        return DATA_FLOW.version(text).orThrow();
    }

    private static DatabaseSettings database(String... words) {
        return DATA_FLOW.database().settings(Launch.with(words));
    }

    private static JarEntries jar(Map<String, String> entries) {
        return name -> Optional.ofNullable(entries.get(name))
                .map(content -> new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theSuffixReleaseDoesNotCountAndMilestonesComeFirst() {
        assertThat(version("2.5.1.RELEASE")).isEqualTo(version("2.5.1")).isLessThan(version("2.7.0"));
        assertThat(version("2.5.0.M1")).isLessThan(version("2.5.0.RC1"));
        assertThat(version("2.7.0-RC1")).isLessThan(version("2.7.0"));
        assertThat(version("2.5.1.RELEASE").edition()).isNull();
        assertThat(DATA_FLOW.version("2.8.0-SNAPSHOT")).isInstanceOf(VersionReading.Unreadable.class);
        assertThat(DATA_FLOW.version("2.7")).isInstanceOf(VersionReading.Unreadable.class);
    }

    @Test
    void theManifestOfTheJarSaysTheVersion() throws IOException {
        JarEntries real = jar(
                Map.of("META-INF/MANIFEST.MF", """
                    Manifest-Version: 1.0
                    Implementation-Title: Spring Cloud Data Flow Server
                    Implementation-Version: 2.5.1.RELEASE
                    Spring-Boot-Version: 2.2.7.RELEASE
                    """, POM, "#Created by Apache Maven 3.5.4\nversion=2.5.1.RELEASE\n"));
        assertThat(DATA_FLOW.jarIdentity(real)).isEqualTo(new VersionReading.Known(version("2.5.1.RELEASE")));
        assertThat(DATA_FLOW.jarIdentity(jar(Map.of(POM, "version=2.7.0\n"))))
                .isEqualTo(new VersionReading.Known(version("2.7.0")));
        assertThat(DATA_FLOW.recognises("spring-cloud-dataflow-server-2.5.1.RELEASE.jar", real))
                .isTrue();
        assertThat(DATA_FLOW.recognises("spring-cloud-dataflow-server.jar", real))
                .isTrue();
        assertThat(DATA_FLOW.recognises("spring-cloud-skipper-server-2.5.1.jar", real))
                .isFalse();
        assertThat(DATA_FLOW.recognises("spring-cloud-dataflow-server-2.7.0.jar", jar(Map.of())))
                .isFalse();
    }

    @Test
    void theRealAnswersAreUnderstood() {
        assertThat(DATA_FLOW.health().read(200, "{\"status\":\"UP\"}")).isEqualTo(new HealthReading.Healthy());
        assertThat(DATA_FLOW.health().read(503, "{\"status\":\"DOWN\"}"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 503, /status is \"DOWN\""));
        String about = """
            {"featureInfo":{"analyticsEnabled":true,"streamsEnabled":false},"versionInfo":{"implementation":\
            {"name":"spring-cloud-dataflow-server","version":"%s"},"core":{"name":"Spring Cloud Data Flow Core",\
            "version":"%<s"}}}\
            """;
        for (String text : List.of("2.5.1.RELEASE", "2.7.0")) {
            assertThat(DATA_FLOW.readVersion(about.formatted(text))).isEqualTo(new VersionReading.Known(version(text)));
        }
        assertThat(DATA_FLOW.readIdentity(about)).isInstanceOf(IdentityReading.Unreadable.class);
        assertThat(DATA_FLOW.identityProbe()).isEmpty();
    }

    @Test
    void theWayBackIsARestoreEvenWithinAMajor() {
        assertThat(DATA_FLOW.path(version("2.5.1.RELEASE"), version("2.7.0"), List.of()))
                .isEqualTo(new PathDecision.Hops(List.of(version("2.7.0"))));
        assertThat(DATA_FLOW.path(version("2.7.0"), version("2.5.1.RELEASE"), List.of()))
                .isInstanceOfSatisfying(
                        PathDecision.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(PathDecision.Reason.LOWER_VERSION));
        assertThat(DATA_FLOW.path(version("2.7.0"), version("2.7.0"), List.of()))
                .isInstanceOfSatisfying(
                        PathDecision.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(PathDecision.Reason.IDENTICAL));
    }

    @Test
    void anApplicationWithoutEditionsHasOneLocation() {
        assertThat(DATA_FLOW.location(version("2.5.1.RELEASE")))
                .contains(URI.create(
                        "https://repo1.maven.org/maven2/org/springframework/cloud/spring-cloud-dataflow-server/"
                                + "2.5.1.RELEASE/spring-cloud-dataflow-server-2.5.1.RELEASE.jar"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--spring.datasource.url=jdbc:postgresql://db:5433/scdf",
                "--spring.dataSource.URL=jdbc:postgresql://db:5433/scdf",
                "-Dspring.datasource.url=jdbc:postgresql://db:5433/scdf",
                "SPRING_DATASOURCE_URL=jdbc:postgresql://db:5433/scdf",
                "spring_datasource_url=jdbc:postgresql://db:5433/scdf",
                "SPRING_APPLICATION_JSON={\"spring\":{\"datasource\":{\"url\":\"jdbc:postgresql://db:5433/scdf\"}}}",
                "SPRING_APPLICATION_JSON={\"spring.datasource.url\":\"jdbc:postgresql://db:5433/scdf\"}",
                "JDK_JAVA_OPTIONS=-Dspring.datasource.url=jdbc:postgresql://db:5433/scdf"
            })
    void springSettingsAreFoundWhereSpringLooks(String word) {
        assertThat(database(word, "SPRING_DATASOURCE_USERNAME=flow", "--spring.datasource.password=s=cret"))
                .isEqualTo(new PostgreSql("db", 5433, "scdf", "flow", "s=cret", null));
    }

    @Test
    void theCommandLineWinsOverJsonPropertiesAndEnvironment() {
        String json = "SPRING_APPLICATION_JSON={\"server\":{\"port\":2}}";
        assertThat(port("--server.port=1", json, "-Dserver.port=3", "SERVER_PORT=4"))
                .isEqualTo(1);
        assertThat(port(json, "-Dserver.port=3", "SERVER_PORT=4")).isEqualTo(2);
        assertThat(port("-Dserver.port=3", "SERVER_PORT=4")).isEqualTo(3);
        assertThat(port("SERVER_PORT=4")).isEqualTo(4);
        assertThat(port()).isEqualTo(9393);
    }

    private static int port(String... words) {
        return DATA_FLOW.health().port(Launch.with(words));
    }

    @Test
    void theContextPathBelongsToTheBaseUrl() {
        LaunchView view = Launch.with("--server.servlet.context-path=/flow/", "--server.address=127.0.0.1");
        URI base = DATA_FLOW.health().baseUrl(view);
        assertThat(DATA_FLOW.health().url(base)).isEqualTo(URI.create("http://127.0.0.1:9393/flow/management/health"));
    }

    @Test
    void h2FilesAreReadFromTheUrlAndTheServersOwnH2IsRefused() {
        assertThat(database("--spring.datasource.url=jdbc:h2:file:./dataflow"))
                .isEqualTo(new H2(Path.of("/srv/app/dataflow.mv.db"), "sa", ""));
        assertThat(database("--spring.datasource.url=jdbc:h2:~/flow;DB_CLOSE_DELAY=-1", "HOME=/home/flow"))
                .isEqualTo(new H2(Path.of("/home/flow/flow.mv.db"), "sa", ""));
        assertThat(database())
                .isEqualTo(new Unsupported(
                        "h2",
                        "none of spring.datasource.url is set on its command line or in its environment, so the"
                                + " profile's default was taken, by which an H2 database of the form tcp: is not one file"
                                + " that can be copied; configuration files of applications are not read"));
    }

    @Test
    void flywaysHistoryShowsTheProgress() {
        Migrations migrations =
                java.util.Objects.requireNonNull(DATA_FLOW.database().migrations());
        assertThat(migrations.changelogTable()).isEqualTo("flyway_schema_history_dataflow");
        assertThat(migrations.lockQuery()).isNull();
    }
}
