/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileProblemsTest {
    private static final String ZIPKIN = resource("/zipkin.yaml");

    private static String resource(String name) {
        try (var stream = ProfileProblemsTest.class.getResourceAsStream(name)) {
            return new String(java.util.Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> problems(String yaml) {
        ProfileException problems = assertThrows(ProfileException.class, () -> Profiles.parse("x.yaml", yaml));
        return problems.problems().stream().map(Object::toString).toList();
    }

    /** The replacement of one line of a good profile, and the problem that it makes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name: zipkin | name: Zip Kin | x.yaml: name: 1 to 63 lower-case letters, digits and hyphens, a letter"
                        + " first, are expected, found is \"Zip Kin\" (line 2)",
                "name: zipkin | nane: zipkin | x.yaml: nane: is not a known key, did you mean name? (line 2)",
                "title: Zipkin | colour: red | x.yaml: colour: is not a known key, known are name, versions, title,"
                        + " recognise, artifact, path, java, health, version, identity, database, stop, unchanged,"
                        + " snapshots, commands, image, log (line 3)",
                "title: Zipkin | title: [a] | x.yaml: title: a text is expected, found is a list (line 3)",
                "path: /health | '' | x.yaml: health.path: is missing: a path such as /health (line 18)",
                "path: /health | 'path: health' | x.yaml: health.path: a path, one slash first, is expected, found is"
                        + " \"health\" (line 19)",
                "path: /health | 'path: //evil/x' | x.yaml: health.path: a path, one slash first, is expected, found"
                        + " is \"//evil/x\" (line 19)",
                "status: 200 | 'status: 99' | x.yaml: health.healthy.status: a whole number from 100 to 599 is"
                        + " expected, found is \"99\" (line 24)",
                "status: 200 | 'status: two' | x.yaml: health.healthy.status: a whole number from 100 to 599 is"
                        + " expected, found is \"two\" (line 24)",
                "pointer: /status | 'pointer: status' | x.yaml: health.healthy.pointer: a JSON pointer, a slash first,"
                        + " is expected, found is \"status\" (line 25)",
                "equals: UP | '' | x.yaml: health.healthy: pointer and equals go together (line 23)",
                "sources: [env:QUERY_PORT, spring:server.port] | 'sources: [env:QUERY_PORT, QUERY_PORT]' | x.yaml:"
                        + " health.port.sources[1]: expected is one of env:NAME, env-file:NAME, property:NAME, arg:NAME,"
                        + " spring:NAME (line 21)",
                "sources: [env:QUERY_PORT, spring:server.port] | 'sources: environ:QUERY_PORT' | x.yaml:"
                        + " health.port.sources: \"environ\" is no kind of source, expected is one of env, env-file,"
                        + " property, arg, spring (line 21)",
                "default: 9411 | 'defualt: 9411' | x.yaml: health.port.defualt: is not a known key, did you mean"
                        + " default? (line 22)",
                "compare: [major, minor, patch] | 'compare: [major, micro]' | x.yaml: versions.compare[1]:"
                        + " versions.pattern has no group micro, it has [major, minor, patch] (line 16)",
                "compare: [major, minor, patch] | '' | x.yaml: versions.compare: is missing: the groups to compare,"
                        + " the weightiest first (line 14)",
                "jar-names: \"zipkin-server-*-exec.jar\" | 'jar-names: \"[\"' | x.yaml: recognise.jar-names: a file"
                        + " name pattern with * and ? is expected, found is \"[\"; a list names several (line 6)",
                "jar-names: \"zipkin-server-*-exec.jar\" | 'jar-names: []' | x.yaml: recognise: jar-names or"
                        + " jar-entries is expected, or else any JAR would be taken for this application (line 5)",
                "- entry: BOOT-INF/classes/info.json | '- manifest: Implementation-Version' | x.yaml:"
                        + " artifact.version-in-jar[0]: expected is one of manifest (an attribute); entry with key (a"
                        + " properties file); entry with pointer (JSON) (line 11)",
                "database: none | database: nothing | x.yaml: database: the word none, or keys with values are"
                        + " expected (line 32)",
                "database: none | '' | x.yaml: database: is missing: where the data are kept, or the word none (line"
                        + " 2)",
                "database: none | database: {kind: env:X} | x.yaml: database: kind and kinds go together (line 32)",
                "database: none | database: {} | x.yaml: database: uri, or kind with kinds is expected (line 32)",
                "database: none | 'database: {uri: env:X, kind: env:Y, kinds: {mysql: mysql}}' | x.yaml:"
                        + " database.kinds.mysql: h2 or postgresql is expected, found is \"mysql\" (line 32)",
                "title: Zipkin | 'image: {arguments: two}' | x.yaml: image.arguments: one or each is expected, found"
                        + " is \"two\" (line 3)",
                "database: none | 'database: {uri: env:X, migrations: {changelog-table: a; drop table b}}' | x.yaml:"
                        + " database.migrations.changelog-table: a table's name, with its schema or without, is expected,"
                        + " found is \"a; drop table b\" (line 32)",
            })
    void eachProblemNamesFilePathAndExpectation(String line, String replacement, String problem) {
        Pattern wanted = Pattern.compile("(?m)^( *)" + Pattern.quote(line) + "$");
        assertThat(wanted.matcher(ZIPKIN).results()).hasSize(1);
        assertThat(problems(wanted.matcher(ZIPKIN).replaceFirst("$1" + Matcher.quoteReplacement(replacement))))
                .contains(problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "(?<major>\\d+ | a regular expression (RE2: no look-around, no back-references) is expected: missing"
                        + " closing ) in \"(?<major>\\d+\"",
                "\\d+ | the named group (?<major>...) is missing"
            })
    void aPatternMustBeOneAndNameTheMajor(String pattern, String problem) {
        assertThat(problems(ZIPKIN.replaceAll("pattern: .*", Matcher.quoteReplacement("pattern: '" + pattern + "'"))))
                .contains("x.yaml: versions.pattern: " + problem + " (line 15)");
    }

    @ParameterizedTest
    @CsvSource({
        "http:///x{version}, a URL with https and a host is expected",
        "file:///etc/{version}, a URL with https and a host is expected",
        "https://user:secret@repo/{version}, a URL without user and password is expected",
        "https://token@repo/{version}, a URL without user and password is expected",
        "https://repo/x.jar, a URL with {version} in it is expected"
    })
    void aLocationMustBeAUrlWithAVersion(String location, String problem) {
        assertThat(problems(ZIPKIN.replaceAll("location: .*", "location: " + location))
                        .getFirst())
                .startsWith("x.yaml: artifact.location: " + problem);
    }

    @Test
    void anExpressionThatOthersTakeForEverForIsReadInTime() throws ProfileException {
        Profile profile = Profiles.parse(
                "x.yaml",
                ZIPKIN.replaceAll("pattern: .*", Matcher.quoteReplacement("pattern: '(?<major>\\d+)(([a-z]+)*)*!'"))
                        .replaceAll("compare: .*", "compare: [major]")
                        .replaceAll("jar-names: .*", "jar-names: '" + "*a".repeat(60) + "b'"));

        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertThat(profile.version("1" + "a".repeat(90))).isInstanceOf(VersionReading.Unreadable.class);
            assertThat(profile.recognises("a".repeat(250) + ".jar", name -> Optional.empty()))
                    .isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"/dev/zero", "/dev/null", "/proc/self/fd", "/dev"})
    void whatIsNoFileIsNotRead(String path) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThat(assertThrows(ProfileException.class, () -> Profiles.check(Path.of(path)))
                                .getMessage())
                        .contains("it is not a regular file"));
    }

    @Test
    void aFileThatIsTooLongIsNotReadWhole(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("long.yaml");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), 1L << 40);
        }
        assertThat(assertThrows(ProfileException.class, () -> Profiles.check(file))
                        .getMessage())
                .contains("it has more than 800000 bytes");
    }

    @Test
    void allProblemsAreListedAtOnceInTheOrderOfTheirLines() {
        String yaml = ZIPKIN.replace("title: Zipkin", "titel: Zipkin")
                .replace("status: 200", "status: 700")
                .replace("path: /info", "path: info")
                .replace("database: none", "database: none\ndatabase: none");
        assertThat(problems(yaml))
                .containsExactly(
                        "x.yaml: titel: is not a known key, did you mean title? (line 3)",
                        "x.yaml: health.healthy.status: a whole number from 100 to 599 is expected, found is \"700\""
                                + " (line 24)",
                        "x.yaml: version.path: a path, one slash first, is expected, found is \"info\" (line 29)",
                        "x.yaml: database: stands here a second time (line 33)");
    }

    @Test
    void javaRangesMustNotOverlap() {
        assertThat(problems(ZIPKIN + """
            java:
              - {to-major: 3, minimum: 17}
              - {from-major: 3, minimum: 21}
              - {from-major: 9, to-major: 8, minimum: 17}
            """))
                .contains(
                        "x.yaml: java[1]: overlaps the range from major 0 (line 35)",
                        "x.yaml: java[2]: the lower bound is above the upper one (line 36)");
    }

    static List<String> hostileDocuments() {
        return List.of(
                "",
                "# nothing",
                "- a\n- b",
                "just a text",
                "a: [",
                "a: b: c",
                "\t",
                "a: \u0000",
                "--- {}\n--- {}",
                "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]",
                "a: &a [*a]\nname: *a",
                "x".repeat(300_000),
                "[".repeat(10_000),
                "<<: {name: x}\n? [a, b]\n: c",
                "name: &n {a: *n}\nhealth: *n",
                """
                java: 7
                path: 7
                health: []
                versions: {}
                database: []
                unchanged: x
                commands: [a]
                log: 1
                stop: {exit-codes: x}""");
    }

    @ParameterizedTest
    @MethodSource("hostileDocuments")
    void hostileDocumentsAreRefusedWithAProblemAndNothingElse(String yaml) {
        assertThat(problems(yaml))
                .isNotEmpty()
                .allSatisfy(
                        problem -> assertThat(problem).startsWith("x.yaml: ").doesNotContain("\n"));
    }

    @Test
    void anOperatorsProfilesJoinTheBuiltInOnesAndMayReplaceThem(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("zipkin.yaml"), ZIPKIN);
        Files.writeString(directory.resolve("mine.yaml"), ZIPKIN.replace("name: zipkin", "name: metabase"));
        Files.writeString(directory.resolve("notes.txt"), "not a profile");

        Profiles profiles = Profiles.load(Optional.of(directory));

        assertThat(profiles.all())
                .extracting(Profile::name)
                .containsExactly("metabase", "spring-cloud-data-flow", "zipkin");
        assertThat(profiles.byName("metabase")).get().extracting(Profile::title).isEqualTo("Zipkin");
        assertThat(profiles.recognise("zipkin-server-3.5.1-exec.jar", name -> Optional.empty()))
                .extracting(Profile::name)
                .containsExactly("metabase", "zipkin");
        assertThat(Profiles.load(Optional.of(directory.resolve("gone"))).all()).hasSize(2);
    }

    @Test
    void aProfileThatComesLaterCountsAtOnceAndOneThatIsChangedDoesNot(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("zipkin.yaml"), ZIPKIN);
        Profiles profiles = Profiles.load(Optional.of(directory));
        assertThat(profiles.byName("later")).isEmpty();

        Files.writeString(directory.resolve("later.yaml"), "name: later");
        assertThat(profiles.byName("later")).isEmpty();
        assertThat(profiles.laterProblems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem.toString()).contains("later.yaml"));

        Files.writeString(directory.resolve("later.yaml"), ZIPKIN.replace("name: zipkin", "name: later"));
        Files.writeString(directory.resolve("zipkin.yaml"), ZIPKIN.replace("title: Zipkin", "title: Changed"));
        Files.writeString(directory.resolve("mine.yaml"), ZIPKIN.replace("name: zipkin", "name: metabase"));

        assertThat(profiles.byName("later")).isPresent();
        assertThat(profiles.laterProblems()).isEmpty();
        assertThat(profiles.byName("zipkin")).get().extracting(Profile::title).isEqualTo("Zipkin");
        assertThat(profiles.byName("metabase")).get().extracting(Profile::title).isEqualTo("Metabase");
        assertThat(profiles.recognise("zipkin-server-3.5.1-exec.jar", name -> Optional.empty()))
                .extracting(Profile::name)
                .containsExactly("later", "zipkin");
        Files.delete(directory.resolve("later.yaml"));
        assertThat(profiles.byName("later")).isPresent();

        Files.writeString(directory.resolve("zzz.yaml"), ZIPKIN);
        assertThat(profiles.byName("zipkin")).isPresent();
        assertThat(profiles.laterProblems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains("zzz.yaml: name: zipkin is the name in zipkin.yaml too"));
    }

    @Test
    void ofTwoWithOneNameTheOneThatCameLaterIsBlamedWhateverItsFileIsCalled(@TempDir Path directory) throws Exception {
        Path first = directory.resolve("zipkin.yaml");
        Path later = directory.resolve("a.yaml");
        Files.writeString(first, ZIPKIN);
        Profiles profiles = Profiles.load(Optional.of(directory));

        Files.writeString(later, ZIPKIN.replace("title: Zipkin", "title: Later"));

        assertThat(profiles.byName("zipkin")).get().extracting(Profile::title).isEqualTo("Zipkin");
        assertThat(profiles.laterProblems())
                .extracting(Object::toString)
                .containsExactly(later + ": name: zipkin is the name in zipkin.yaml too");

        Files.writeString(directory.resolve("b.yaml"), ZIPKIN.replace("name: zipkin", "name: second"));
        assertThat(profiles.byName("second")).isPresent();
        Files.writeString(later, ZIPKIN.replace("name: zipkin", "name: second"));
        assertThat(profiles.byName("second")).isPresent();
        assertThat(profiles.laterProblems())
                .extracting(Object::toString)
                .containsExactly(later + ": name: second is the name in b.yaml too");

        Files.delete(later);
        Files.move(first, directory.resolve("moved.yaml"));
        assertThat(profiles.byName("zipkin")).isPresent();
        assertThat(profiles.laterProblems()).isEmpty();
    }

    @Test
    void theProblemsOfAllFilesAreListedAtOnce(@TempDir Path directory) throws IOException {
        Path bad = directory.resolve("bad.yaml");
        Files.writeString(directory.resolve("a.yaml"), ZIPKIN);
        Files.writeString(directory.resolve("b.yaml"), ZIPKIN);
        Files.writeString(bad, ZIPKIN.replace("status: 200", "status: 0"));
        Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        ProfileException problems = assertThrows(ProfileException.class, () -> Profiles.load(Optional.of(directory)));

        assertThat(problems.problems())
                .extracting(Object::toString)
                .containsExactly(
                        directory.resolve("b.yaml") + ": name: zipkin is the name in a.yaml too",
                        bad
                                + ": health.healthy.status: a whole number from 100 to 599 is expected, found is \"0\""
                                + " (line 24)",
                        directory.resolve("binary.yaml") + ": is not text in UTF-8");
        assertThat(assertThrows(ProfileException.class, () -> Profiles.check(bad))
                        .problems())
                .hasSize(1);
        assertThat(assertThrows(ProfileException.class, () -> Profiles.check(directory.resolve("gone")))
                        .getMessage())
                .contains("cannot be read");
    }

    @Test
    void scalarsStayWhatWasWritten() throws ProfileException {
        Profile profile = Profiles.parse(
                "x.yaml", ZIPKIN.replace("title: Zipkin", "title: 1.10").replace("equals: UP", "equals: on"));
        assertThat(profile.title()).isEqualTo("1.10");
        assertThat(profile.health().read(200, "{\"status\":\"on\"}")).isEqualTo(new HealthReading.Healthy());
    }

    @Test
    void anApplicationWithoutADatabaseIsDescribedToo() throws ProfileException, IOException {
        Profile zipkin = Profiles.parse("zipkin.yaml", ZIPKIN);
        assertThat(zipkin.database().settings(Launch.with()))
                .isEqualTo(new DatabaseSettings.Unsupported("none", "the application keeps no database"));
        assertThat(zipkin.health().port(Launch.with("QUERY_PORT=9412"))).isEqualTo(9412);
        assertThat(zipkin.jarIdentity(name -> name.equals("BOOT-INF/classes/info.json")
                        ? Optional.of(new ByteArrayInputStream(
                                "{\"zipkin\":{\"version\":\"3.5.1\"}}".getBytes(StandardCharsets.UTF_8)))
                        : Optional.empty()))
                .isEqualTo(zipkin.version("3.5.1"));
        assertThat(zipkin.javaRequirement(zipkin.version("3.5.1").orThrow()).accepts(17))
                .isTrue();
        assertThat(zipkin.stop().exitCodes()).containsExactlyInAnyOrder(0, 143);
    }
}
