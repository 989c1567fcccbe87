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
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetabaseProfileTest {
    private static final Profile METABASE = builtIn("metabase");

    private static Profile builtIn(String name) {
        try {
            return Profiles.load(Optional.empty()).byName(name).orElseThrow();
        } catch (ProfileException e) {
            throw new AssertionError(e);
        }
    }

    private static ApplicationVersion version(String text) {
        return METABASE.version(text).orThrow();
    }

    private static DatabaseSettings database(String... words) {
        return METABASE.database().settings(Launch.with(words));
    }

    private static JarEntries jar(String entry, String content) {
        return name -> name.equals(entry)
                ? Optional.of(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)))
                : Optional.empty();
    }

    @ParameterizedTest
    @CsvSource({
        "v0.50.1, oss, 50",
        "v1.50.1, enterprise, 50",
        "0.50.1, oss, 50",
        "v0.55.2.1, oss, 55",
        "v0.38, oss, 38",
        "v1.50.0-RC1, enterprise, 50",
        "v0.51.0-beta, oss, 51"
    })
    void versionsNameEditionAndMajor(String text, String edition, int major) {
        assertThat(version(text).edition()).isEqualTo(edition);
        assertThat(version(text).major()).isEqualTo(major);
        assertThat(version(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"latest", "v0.58.x", "v1.58.x", "v0.58.2.x", "head"})
    void floatingNamesAreRefused(String text) {
        assertThat(METABASE.version(text))
                .isEqualTo(new VersionReading.Unreadable(
                        "\"" + text + "\" is a floating name, a fixed version is needed"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "v2.50.1",
                "50",
                "v0",
                "v0.50.1/../x",
                "v0.50.1.2.3",
                "v0.99999999999.1",
                "v0.50.1-SNAPSHOT",
                "v0.٥٠.1"
            })
    void otherTextsAreNoVersions(String text) {
        assertThat(METABASE.version(text)).isInstanceOf(VersionReading.Unreadable.class);
    }

    @Test
    void bothEditionsOfAReleaseAreTheSameReleaseAndNotEqual() {
        assertThat(version("v0.50.1").sameRelease(version("v1.50.1"))).isTrue();
        assertThat(version("v0.50.1")).isNotEqualTo(version("v1.50.1"));
        assertThat(version("v0.50.1")).isEqualTo(version("0.50.1.0")).hasSameHashCodeAs(version("0.50.1.0"));
    }

    @Test
    void versionsAreOrderedByNumberAndPreReleasesComeFirst() {
        List<String> inOrder = List.of(
                "v0.9.9",
                "v0.49.20",
                "v0.50.0-alpha",
                "v0.50.0-beta",
                "v0.50.0-RC2",
                "v0.50.0-RC10",
                "v0.50.0",
                "v0.50.1",
                "v0.50.1.1",
                "v0.50.2",
                "v0.50.10",
                "v0.51");
        List<ApplicationVersion> shuffled = inOrder.stream()
                .map(MetabaseProfileTest::version)
                .sorted(java.util.Collections.reverseOrder())
                .toList();
        assertThat(shuffled.stream().sorted())
                .extracting(ApplicationVersion::text)
                .isEqualTo(inOrder);
    }

    @ParameterizedTest
    @CsvSource({
        "v0.50.1, https://downloads.metabase.com/v0.50.1/metabase.jar",
        "v1.50.1, https://downloads.metabase.com/enterprise/v1.50.1/metabase.jar"
    })
    void releasesAreFetchedByEdition(String text, URI location) {
        assertThat(METABASE.location(version(text))).contains(location);
        assertThat(METABASE.location(version(text).edition(), text)).contains(location);
        assertThat(METABASE.location("community", text)).isEmpty();
        assertThat(METABASE.location(null, text)).isEmpty();
    }

    @Test
    void aJarSaysItsVersionWithoutBeingRun() throws IOException {
        assertThat(METABASE.jarIdentity(jar(
                        "version.properties", "tag=v1.50.3\nhash=f402326\nbranch=release-x.50.x\ndate=2025-06-10\n")))
                .isEqualTo(new VersionReading.Known(version("v1.50.3")));
        assertThat(METABASE.jarIdentity(jar("version.properties", "tag=?\n")))
                .isInstanceOf(VersionReading.Unreadable.class);
        assertThat(METABASE.jarIdentity(jar("other.properties", "tag=v1.50.3\n")))
                .isInstanceOf(VersionReading.Unreadable.class);
    }

    @Test
    void itsJarIsRecognisedByNameAndContent() throws IOException {
        JarEntries entries = jar("version.properties", "tag=v0.50.1");
        assertThat(METABASE.recognises("metabase.jar", entries)).isTrue();
        assertThat(METABASE.recognises("metabase-0.50.jar", entries)).isTrue();
        assertThat(METABASE.recognises("/srv/app/metabase.jar", entries)).isTrue();
        assertThat(METABASE.recognises("superset.jar", entries)).isFalse();
        assertThat(METABASE.recognises("metabase.jar", jar("x", ""))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"v0.1, 8", "v0.43.9, 8", "v0.44.0, 11", "v0.52.9, 11", "v0.53.0, 21", "v1.60.1, 21"})
    void eachMajorNeedsItsJava(String text, int minimum) {
        JavaRequirement requirement = METABASE.javaRequirement(version(text));
        assertThat(requirement).isEqualTo(new JavaRequirement(minimum, OptionalInt.empty()));
        assertThat(requirement.accepts(minimum)).isTrue();
        assertThat(requirement.accepts(minimum - 1)).isFalse();
        assertThat(requirement).hasToString("Java " + minimum + " or newer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "v0.38.1 | v0.58.5 | v0.38.6 v0.39.7 v0.40.5 v0.58.5",
                "v0.38.6 | v0.58.5 | v0.39.7 v0.40.5 v0.58.5",
                "v0.40.1 | v0.58.5 | v0.58.5",
                "v0.41.0 | v0.58.5 | v0.58.5",
                "v0.38.1 | v0.39.2 | v0.38.6 v0.39.2",
                "v0.38.1 | v0.40.5 | v0.38.6 v0.39.7 v0.40.5",
                "v0.38.1 | v0.38.4 | v0.38.4",
                "v0.39.9 | v0.41.0 | v0.40.5 v0.41.0",
                "v0.50.1 | v0.51.2 | v0.51.2",
                "v0.50.2 | v0.50.1 | v0.50.1",
                "v0.50.1 | v1.50.1 | v1.50.1",
                "v0.38.6 | v1.58.5 | v1.39.7 v1.40.5 v1.58.5"
            })
    void belowFortyAnUpgradeGoesReleaseByRelease(String from, String to, String hops) {
        assertThat(METABASE.path(version(from), version(to), available()))
                .isEqualTo(new PathDecision.Hops(Stream.of(hops.split(" "))
                        .map(MetabaseProfileTest::version)
                        .toList()));
    }

    private static List<ApplicationVersion> available() {
        return Stream.of("38.2", "38.6", "39.0", "39.7", "40.1", "40.5", "40.6-RC1", "41.2", "58.5")
                .flatMap(release -> Stream.of("v0." + release, "v1." + release))
                .map(MetabaseProfileTest::version)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "v0.50.1, v0.50.1, IDENTICAL",
        "v0.50.1, 0.50.1.0, IDENTICAL",
        "v0.50.1, v0.49.9, LOWER_MAJOR",
        "v0.50.1, v1.49.9, LOWER_MAJOR",
        "v0.36.1, v0.58.5, MISSING_STOP"
    })
    void closedWaysAreRefused(String from, String to, PathDecision.Reason reason) {
        assertThat(METABASE.path(version(from), version(to), available()))
                .isInstanceOfSatisfying(PathDecision.Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(reason);
                    assertThat(refused.detail()).contains(to);
                });
    }

    @Test
    void aMissingStopIsNamed() {
        assertThat(METABASE.path(version("v0.38.6"), version("v0.58.5"), List.of(version("v0.40.5"))))
                .isEqualTo(new PathDecision.Refused(
                        PathDecision.Reason.MISSING_STOP,
                        "the newest release of major 39 must be installed on the way from v0.38.6 to v0.58.5, and none of"
                                + " that major is known"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"status\":\"initializing\",\"progress\":0.3} | 0.3",
                "{\"status\":\"initializing\",\"progress\":0} | 0",
                "{\"status\":\"initializing\",\"progress\":1.0} | 1",
            })
    void aStartReportsItsProgress(String body, double progress) {
        assertThat(METABASE.health().read(503, body))
                .isEqualTo(new HealthReading.Starting(OptionalDouble.of(progress)));
    }

    @Test
    void startingWithoutAProgressIsStartingAllTheSame() {
        HealthReading starting = new HealthReading.Starting(OptionalDouble.empty());
        assertThat(METABASE.health().read(503, "Metabase is still initializing. Please sit tight..."))
                .isEqualTo(starting);
        assertThat(METABASE.health().read(503, "{\"status\":\"initializing\"}")).isEqualTo(starting);
        assertThat(METABASE.health().read(503, "{\"status\":\"initializing\",\"progress\":\"soon\"}"))
                .isEqualTo(starting);
    }

    @Test
    void onlyOkWithStatus200IsHealthy() {
        assertThat(METABASE.health().read(200, "{\"status\":\"ok\"}")).isEqualTo(new HealthReading.Healthy());
        assertThat(METABASE.health().read(503, "{\"status\":\"ok\"}")).isInstanceOf(HealthReading.Unhealthy.class);
        assertThat(METABASE.health().read(503, "{\"status\":\"Unable to get app-db connection\"}"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 503, /status is \"Unable to get app-db connection\""));
        assertThat(METABASE.health().read(503, "{\"status\":\"Error getting app-db connection\"}"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 503, /status is \"Error getting app-db connection\""));
        assertThat(METABASE.health().read(200, "{\"status\":\"alive\"}")).isInstanceOf(HealthReading.Unhealthy.class);
        assertThat(METABASE.health().read(502, "<h1>Bad\u001b[31m\r\ngateway</h1>"))
                .isEqualTo(new HealthReading.Unhealthy("HTTP 502: \"<h1>Bad?[31m??gateway</h1>\""));
        assertThat(METABASE.health().read(404, "")).isEqualTo(new HealthReading.Unhealthy("HTTP 404"));
    }

    @Test
    void theRunningVersionAndTheIdentityComeFromTheSessionProperties() {
        String used = """
                {"version":{"date":"2025-06-10","tag":"v0.55.2.1","hash":"f402326"},"has-user-setup":true}""";
        assertThat(METABASE.readVersion(used)).isEqualTo(new VersionReading.Known(version("v0.55.2.1")));
        assertThat(METABASE.readIdentity(used)).isEqualTo(new IdentityReading.Used());
        assertThat(METABASE.readIdentity("{\"has-user-setup\":false}")).isEqualTo(new IdentityReading.Unused("false"));
        assertThat(METABASE.readIdentity("{}")).isInstanceOf(IdentityReading.Unreadable.class);
        assertThat(METABASE.readVersion("{\"version\":{}}")).isInstanceOf(VersionReading.Unreadable.class);
        assertThat(METABASE.readVersion("not json")).isInstanceOf(VersionReading.Unreadable.class);
        URI base = URI.create("http://127.0.0.1:3000");
        assertThat(METABASE.versionEndpoint().orElseThrow().url(base))
                .isEqualTo(URI.create("http://127.0.0.1:3000/api/session/properties"));
        assertThat(METABASE.health().url(base)).isEqualTo(URI.create("http://127.0.0.1:3000/api/health"));
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
        assertThat(METABASE.health().baseUrl(Launch.with(word))).isEqualTo(baseUrl);
    }

    @ParameterizedTest
    @ValueSource(strings = {"MB_JETTY_PORT=http", "MB_JETTY_PORT=0", "MB_JETTY_PORT=65536", "MB_JETTY_PORT=-1"})
    void aPortThatIsNoneIsRefused(String word) {
        LaunchView view = Launch.with(word);
        assertThat(org.junit.jupiter.api.Assertions.assertThrows(
                        SettingException.class, () -> METABASE.health().port(view)))
                .hasMessageContaining("MB_JETTY_PORT");
    }

    @Test
    void h2IsTheDefaultAndItsFileIsResolved() {
        assertThat(database()).isEqualTo(new H2(Path.of("/srv/app/metabase.db.mv.db"), "", ""));
        assertThat(database("MB_DB_TYPE=h2", "MB_DB_FILE=data/mb"))
                .isEqualTo(new H2(Path.of("/srv/app/data/mb.mv.db"), "", ""));
        assertThat(database("MB_DB_FILE=/d/../e/metabase.db"))
                .isEqualTo(new H2(Path.of("/e/metabase.db.mv.db"), "", ""));
        assertThat(database("-Dmb.db.file=other.db", "MB_DB_FILE=/d/metabase.db"))
                .isEqualTo(new H2(Path.of("/srv/app/other.db.mv.db"), "", ""));
        assertThat(database("MB_DB_USER=left-over")).isEqualTo(new H2(Path.of("/srv/app/metabase.db.mv.db"), "", ""));
        assertThat(database("MB_DB_FILE=x;CIPHER=AES")).isInstanceOf(Unsupported.class);
    }

    @Test
    void postgresIsReadFromSingleSettings() {
        assertThat(database(
                        "MB_DB_TYPE=postgres",
                        "MB_DB_HOST=db.example",
                        "MB_DB_PORT=5433",
                        "MB_DB_DBNAME=metabase",
                        "MB_DB_USER=mb",
                        "MB_DB_PASS=p@:/?#%41ss"))
                .isEqualTo(new PostgreSql("db.example", 5433, "metabase", "mb", "p@:/?#%41ss"));
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=metabase", "MB_DB_USER=mb"))
                .isEqualTo(new PostgreSql("localhost", 5432, "metabase", "mb", null));
        assertThat(database(
                        "-Dmb.db.type=postgres",
                        "-Dmb.db.dbname=a",
                        "-Dmb.db.user=b",
                        "-Dmb.db.pass=c",
                        "MB_DB_PASS=d"))
                .isEqualTo(new PostgreSql("localhost", 5432, "a", "b", "c"));
    }

    @Test
    void theConnectionUriWinsAndCombinesWithUserAndPassword() {
        PostgreSql expected = new PostgreSql("db", 5433, "metabase", "mb", "secret");
        assertThat(database("MB_DB_CONNECTION_URI=postgres://mb:secret@db:5433/metabase", "MB_DB_TYPE=h2"))
                .isEqualTo(expected);
        assertThat(database(
                        "MB_DB_CONNECTION_URI=jdbc:postgresql://db:5433/metabase?user=mb&password=secret",
                        "MB_DB_HOST=x"))
                .isEqualTo(expected);
        assertThat(database("MB_DB_CONNECTION_URI=postgresql://db:5433/metabase", "MB_DB_USER=mb", "MB_DB_PASS=secret"))
                .isEqualTo(expected);
        assertThat(database(
                        "MB_DB_CONNECTION_URI=postgres://x:y@db:5433/metabase", "MB_DB_USER=mb", "MB_DB_PASS=secret"))
                .isEqualTo(expected);
        assertThat(database("MB_DB_CONNECTION_URI=postgres://u%40h:s%25@db/m"))
                .isEqualTo(new PostgreSql("db", 5432, "m", "u%40h", "s%25"));
        assertThat(database("MB_DB_CONNECTION_URI=jdbc:postgresql://db/m?user=u%40h&password=s%25"))
                .isEqualTo(new PostgreSql("db", 5432, "m", "u@h", "s%"));
        assertThat(database("MB_DB_CONNECTION_URI=jdbc:h2:file:./x;USER=sa;PASSWORD=y"))
                .isEqualTo(new H2(Path.of("/srv/app/x.mv.db"), "sa", "y"));
    }

    @Test
    void secretsAreReadFromTheFilesThatDockerVariantsName() {
        assertThat(database(
                        "MB_DB_TYPE=postgres",
                        "MB_DB_DBNAME=m",
                        "MB_DB_USER_FILE=/run/user",
                        "MB_DB_PASS_FILE=/run/pass",
                        "@/run/user=mb\n",
                        "@/run/pass= with space \n"))
                .isEqualTo(new PostgreSql("localhost", 5432, "m", "mb", " with space "));
        assertThat(database("MB_DB_CONNECTION_URI_FILE=/run/uri", "@/run/uri=postgres://a:b@c/d\n"))
                .isEqualTo(new PostgreSql("c", 5432, "d", "a", "b"));
        assertThat(database("MB_DB_TYPE=postgres", "MB_DB_DBNAME=m", "MB_DB_USER=u", "MB_DB_PASS_FILE=/run/gone"))
                .isEqualTo(new Unsupported("unknown", "MB_DB_PASS_FILE names a file that cannot be read: /run/gone"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MB_DB_TYPE=mysql | mysql | -Dmb.db.type, MB_DB_TYPE is \"mysql\", supported are [h2, postgres]",
                "MB_DB_CONNECTION_URI=mysql://u:p@h/d | mysql | H2 files and PostgreSQL can be backed up, the connection URL names mysql",
                "MB_DB_TYPE=postgres | postgresql | no user is set by -Dmb.db.user, MB_DB_USER, MB_DB_USER_FILE",
                "MB_DB_CONNECTION_URI=postgres://a@b:secret@h/d | postgresql | the connection URL cannot be used: an @ in the user or the password must be written %40",
                "MB_DB_IN_MEMORY=true | unknown | -Dmb.db.in.memory, MB_DB_IN_MEMORY is set: a database in memory cannot be backed up",
                "MB_DB_AWS_IAM=true | unknown | -Dmb.db.aws.iam, MB_DB_AWS_IAM is set: the database's password is issued by AWS",
            })
    void whatCannotBeBackedUpIsNamed(String word, String kind, String reason) {
        assertThat(database(word)).isEqualTo(new Unsupported(kind, reason));
    }

    @Test
    void noTextFormShowsAPassword() {
        LaunchView view = Launch.with(
                "MB_DB_CONNECTION_URI=postgres://mb:hunter2@db/metabase", "MB_DB_PASS=hunter2", "--x=hunter2");
        assertThat(view.toString()).doesNotContain("hunter2");
        assertThat(METABASE.database().settings(view).toString())
                .contains("metabase")
                .doesNotContain("hunter2");
        assertThat(DatabaseUrl.parse("postgres://mb:hunter2@db/metabase", true).toString())
                .doesNotContain("hunter2");
        assertThat(new H2(Path.of("/x"), "u", "hunter2").toString()).doesNotContain("hunter2");
    }

    @Test
    void theEncryptionKeyIsComparedByFingerprintOnly() {
        var without = METABASE.unchangedFingerprints(Launch.with());
        var with = METABASE.unchangedFingerprints(Launch.with("MB_ENCRYPTION_SECRET_KEY=a-secret-of-16-ch"));
        var byProperty = METABASE.unchangedFingerprints(Launch.with("-Dmb.encryption.secret.key=a-secret-of-16-ch"));
        assertThat(without).containsExactly(java.util.Map.entry("encryption-key", "absent"));
        assertThat(with).isEqualTo(byProperty).isNotEqualTo(without);
        assertThat(with.get("encryption-key")).matches("[0-9a-f]{32}");
    }

    @Test
    void thePluginsAreKeptWithTheJar() {
        assertThat(METABASE.snapshotDirectories(Launch.with())).containsExactly(Path.of("/srv/app/plugins"));
        assertThat(METABASE.snapshotDirectories(Launch.with("MB_PLUGINS_DIR=/plugins")))
                .containsExactly(Path.of("/plugins"));
    }

    @Test
    void theRestIsStatedAsData() {
        assertThat(METABASE.commands())
                .containsEntry("migrate-down", List.of("migrate", "down"))
                .containsEntry("release-locks", List.of("migrate", "release-locks"));
        assertThat(METABASE.log().complete()).containsExactly("Metabase Initialization COMPLETE");
        assertThat(METABASE.log().failed()).contains("Metabase Initialization FAILED", "ERROR: Downgrade detected");
        assertThat(METABASE.stop().grace()).hasSeconds(30);
        assertThat(METABASE.stop().exitCodes()).isEqualTo(Set.of(0, 143));
        assertThat(METABASE.database().minimumVersion(DatabaseRules.Kind.POSTGRESQL))
                .hasValue(12);
        assertThat(METABASE.database().migrations()).satisfies(migrations -> {
            assertThat(java.util.Objects.requireNonNull(migrations).progressQuery())
                    .isEqualTo("SELECT count(*) FROM databasechangelog");
            assertThat(migrations.lockQuery()).contains("databasechangeloglock");
        });
    }
}
