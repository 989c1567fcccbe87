/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** What docs/profiles.md shows is true. */
class DocumentationTest {
    /** Names that the author of a profile chooses. */
    private static final Set<String> CHOSEN = Set.of(
            "community",
            "team",
            "c",
            "t",
            "file",
            "postgres",
            "encryption-key",
            "plugins",
            "migrate-down",
            "release-locks");

    private static String page() throws IOException {
        return Files.readString(Path.of("../docs/profiles.md"));
    }

    private static String block(String info) throws IOException {
        Matcher matcher = Pattern.compile("(?ms)^```" + info + "\n(.*?)^```$").matcher(page());
        assertThat(matcher.find()).as("a block of %s", info).isTrue();
        return matcher.group(1);
    }

    @Test
    void theExampleIsAProfileThatDoesWhatItSays() throws Exception {
        Profile notes = Profiles.parse("notes.yaml", block("yaml"));
        ApplicationVersion version = notes.version("6.2+t").orThrow();
        assertThat(version.edition()).isEqualTo("team");
        assertThat(version.compareTo(notes.version("6.2-rc1+t").orThrow())).isPositive();
        assertThat(notes.javaRequirement(version)).hasToString("Java 17 or newer");
        assertThat(notes.path(
                        version,
                        notes.version("8.0+t").orThrow(),
                        Stream.of("7.1+t")
                                .map(text -> notes.version(text).orThrow())
                                .toList()))
                .hasToString("Hops[hops=[7.1+t, 8.0+t]]");
        assertThat(notes.health().baseUrl(Launch.with("NOTES_PREFIX=/n", "--http-port=81")))
                .hasToString("http://127.0.0.1:81/n");
        assertThat(notes.database().settings(Launch.with()))
                .isEqualTo(new DatabaseSettings.H2(Path.of("/srv/app/data/notes.mv.db"), "notes", ""));
        assertThat(notes.database().settings(Launch.with("NOTES_READ_ONLY=1")))
                .isInstanceOf(DatabaseSettings.Unsupported.class);
    }

    @Test
    void theErrorsAreThoseThatAreShown() throws IOException {
        String wrong = block("yaml wrong");
        ProfileException problems = assertThrows(ProfileException.class, () -> Profiles.parse("notes.yaml", wrong));
        assertThat(problems).hasMessage(block("text").strip());
    }

    @Test
    void everyKeyOfTheProfilesIsDocumented() throws IOException {
        Set<String> keys = new TreeSet<>();
        collect(new Yaml(new LoaderOptions()).compose(new StringReader(block("yaml"))), keys);
        keys.removeAll(CHOSEN);
        String tables = page().replaceAll("(?ms)^```.*?^```$", "");
        assertThat(keys)
                .hasSizeGreaterThan(50)
                .allSatisfy(key -> assertThat(tables).contains("`" + key + "`"));
    }

    /** A key that the example lacks would not be documented either: the reader's own list is the measure. */
    @Test
    void theExampleHasEveryKeyThatTheReaderKnows() throws IOException {
        Set<String> used = new TreeSet<>();
        collect(new Yaml(new LoaderOptions()).compose(new StringReader(block("yaml"))), used);
        assertThat(readersKeys())
                .hasSizeGreaterThan(50)
                .isSubsetOf(Stream.concat(used.stream(), Stream.of("location", "h2"))
                        .toList());
    }

    private static Set<String> readersKeys() throws IOException {
        Set<String> keys = new TreeSet<>();
        Pattern asked = Pattern.compile(
                "(?:section|root|place|given\\.get\\(\\)|minimums)\\s*\\.(?:has|text|texts|list|parsed|integer|section|sections|required\\w+)\\(\\s*\"([a-z0-9-]+)\"|setting\\(\\w+, \"([a-z0-9-]+)\"");
        for (String reader : new String[] {"ProfileReader", "DatabaseReader", "SettingReader"}) {
            Matcher matcher =
                    asked.matcher(Files.readString(Path.of("src/main/java/dev/uplift/profile/" + reader + ".java")));
            while (matcher.find()) {
                keys.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            }
        }
        return keys;
    }

    private static void collect(Node node, Set<String> keys) {
        switch (node) {
            case MappingNode mapping ->
                mapping.getValue().forEach(tuple -> {
                    keys.add(((ScalarNode) tuple.getKeyNode()).getValue());
                    collect(tuple.getValueNode(), keys);
                });
            case SequenceNode sequence -> sequence.getValue().forEach(item -> collect(item, keys));
            case Node scalar -> assertThat(scalar).isInstanceOf(ScalarNode.class);
        }
    }
}
