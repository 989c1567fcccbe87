/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonPointer;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.yaml.snakeyaml.nodes.Node;

/** Makes a profile of a YAML document. What it returns means something only if no problem was noted. */
final class ProfileReader {
    private static final int MAJOR_MAX = 999_999;
    private static final int JAVA_MAX = 99;
    private static final int GRACE_SECONDS_MAX = 3_600;
    private static final int GRACE_SECONDS_DEFAULT = 30;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final Pattern GLOB = Pattern.compile("[^/\\\\\\[\\]{}[:cntrl:]]{1,255}");
    private static final Pattern TABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");
    private static final Pattern NEVER = Pattern.compile("(?<major>\\d+)");

    private ProfileReader() {}

    static Profile read(Problems problems, Node document) {
        Section root = Section.of(problems, "", document);
        String name = root.requiredParsed("name", "a short name such as metabase", ProfileReader::name)
                .orElse("");
        VersionRules versions = versions(root.requiredSection("versions", "how versions are written"));
        Profile profile = new Profile(
                name,
                root.text("title").orElse(name),
                recognition(root.requiredSection("recognise", "how a JAR of the application is known")),
                artifact(
                        root.requiredSection("artifact", "where releases are, and how a JAR says its version"),
                        versions),
                versions,
                path(root.section("path")),
                java(root.sections("java")),
                health(root.requiredSection("health", "how to see that the application serves")),
                root.section("version").map(ProfileReader::endpoint),
                root.section("identity").map(ProfileReader::identity),
                database(root),
                stop(root.section("stop")),
                settings(root.section("unchanged")),
                settings(root.section("snapshots")),
                commands(root.section("commands")),
                imageTakesOneArgument(root.section("image")),
                log(root.section("log")));
        root.refuseUnknown();
        return profile;
    }

    private static String name(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "1 to 63 lower-case letters, digits and hyphens, a letter first, are expected, found is "
                            + Text.quote(text));
        }
        return text;
    }

    private static Recognition recognition(Section section) {
        Recognition recognition =
                new Recognition(section.list("jar-names", ProfileReader::glob), section.texts("jar-entries"));
        if (recognition.jarNames().isEmpty() && recognition.jarEntries().isEmpty()) {
            section.problem(
                    "jar-names or jar-entries is expected, or else any JAR would be taken for this application");
        }
        section.refuseUnknown();
        return recognition;
    }

    private static String glob(String text) {
        if (!GLOB.matcher(text).matches()) {
            throw new IllegalArgumentException("a file name pattern with * and ? is expected, found is "
                    + Text.quote(text) + "; a list names several");
        }
        return text;
    }

    private static ArtifactRules artifact(Section section, VersionRules versions) {
        Map<String, String> locations = new LinkedHashMap<>();
        section.parsed("location", ProfileReader::location)
                .ifPresent(location -> locations.put(ArtifactRules.ANY_EDITION, location));
        section.section("locations").ifPresent(editions -> {
            for (String edition : editions.names()) {
                if (!versions.editions().containsValue(edition)) {
                    editions.problem(
                            edition,
                            "is not an edition, versions.editions has "
                                    + versions.editions().values());
                }
                editions.parsed(edition, ProfileReader::location)
                        .ifPresent(location -> locations.put(edition, location));
            }
        });
        if (section.has("location") && !versions.editions().isEmpty()) {
            section.problem("location", "an application with editions has locations, one for each edition");
        }
        List<ArtifactRules.JarVersion> places = new ArrayList<>();
        for (Section place : section.sections("version-in-jar")) {
            places.add(jarVersion(place));
        }
        if (places.isEmpty()) {
            section.problem("version-in-jar", "at least one place of the version within the JAR is expected");
        }
        section.refuseUnknown();
        return new ArtifactRules(locations, places);
    }

    private static ArtifactRules.JarVersion jarVersion(Section section) {
        Optional<String> manifest = section.text("manifest");
        Optional<String> entry = section.text("entry");
        Optional<String> key = section.text("key");
        Optional<JsonPointer> pointer = section.parsed("pointer", ProfileReader::pointer);
        section.refuseUnknown();
        if (manifest.isPresent() && entry.isEmpty() && key.isEmpty() && pointer.isEmpty()) {
            return new ArtifactRules.JarVersion.ManifestAttribute(manifest.get());
        }
        if (manifest.isEmpty() && entry.isPresent() && key.isPresent() && pointer.isEmpty()) {
            return new ArtifactRules.JarVersion.Property(entry.get(), key.get());
        }
        if (manifest.isEmpty() && entry.isPresent() && key.isEmpty() && pointer.isPresent()) {
            return new ArtifactRules.JarVersion.Json(entry.get(), pointer.get());
        }
        section.problem(
                "expected is one of manifest (an attribute); entry with key (a properties file); entry with pointer"
                        + " (JSON)");
        return new ArtifactRules.JarVersion.ManifestAttribute("");
    }

    private static String location(String text) {
        if (!text.contains(ArtifactRules.VERSION)) {
            throw new IllegalArgumentException(
                    "a URL with " + ArtifactRules.VERSION + " in it is expected, found is " + Text.quote(text));
        }
        URI url = URI.create(text.replace(ArtifactRules.VERSION, "1"));
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        if (!List.of("https", "http").contains(scheme) || url.getHost() == null) {
            throw new IllegalArgumentException("a URL with https and a host is expected, found is " + Text.quote(text));
        }
        if (url.getUserInfo() != null) {
            throw new IllegalArgumentException(
                    "a URL without user and password is expected: it is sent to workers, stored and shown");
        }
        return text;
    }

    private static VersionRules versions(Section section) {
        Pattern pattern = section.requiredParsed(
                        "pattern", "a regular expression with the named group major", ProfileReader::pattern)
                .orElse(NEVER);
        List<String> compare = section.list("compare", group -> {
            if (!pattern.namedGroups().containsKey(group)) {
                throw new IllegalArgumentException("versions.pattern has no group " + group + ", it has "
                        + new TreeSet<>(pattern.namedGroups().keySet()));
            }
            return group;
        });
        if (!section.has("compare")) {
            section.problem("compare", "is missing: the groups to compare, the weightiest first");
        }
        Map<String, String> editions = new LinkedHashMap<>();
        section.section("editions").ifPresent(names -> {
            for (String mark : names.names()) {
                names.parsed(mark, ProfileReader::name).ifPresent(edition -> editions.put(mark, edition));
            }
        });
        if (!editions.isEmpty() && !pattern.namedGroups().containsKey(VersionRules.EDITION)) {
            section.problem("editions", "versions.pattern has no group edition to tell them by");
        }
        List<Pattern> floating = section.list("floating", ProfileReader::expression);
        section.refuseUnknown();
        return new VersionRules(pattern, compare, editions, floating);
    }

    private static Pattern pattern(String text) {
        Pattern pattern = expression(text);
        if (!pattern.namedGroups().containsKey(VersionRules.MAJOR)) {
            throw new IllegalArgumentException("the named group (?<major>...) is missing");
        }
        return pattern;
    }

    private static Pattern expression(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "a regular expression (RE2: no look-around, no back-references) is expected: " + e.getDescription()
                            + " in " + Text.quote(String.valueOf(e.getPattern())),
                    e);
        }
    }

    private static PathRules path(Optional<Section> given) {
        if (given.isEmpty()) {
            return new PathRules(PathRules.Downgrades.NONE, OptionalInt.empty(), new TreeSet<>());
        }
        Section section = given.get();
        PathRules.Downgrades downgrades = section.parsed("downgrades", text -> switch (text) {
                    case "none" -> PathRules.Downgrades.NONE;
                    case "within-major" -> PathRules.Downgrades.WITHIN_MAJOR;
                    default ->
                        throw new IllegalArgumentException(
                                "none or within-major is expected, found is " + Text.quote(text));
                })
                .orElse(PathRules.Downgrades.NONE);
        OptionalInt stepwise = section.integer("stepwise-until-major", 0, MAJOR_MAX);
        SortedSet<Integer> stopAt = new TreeSet<>(section.list(
                "stop-at-majors",
                text -> Text.number(text).stream()
                        .boxed()
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalArgumentException("a major is expected, found is " + Text.quote(text)))));
        section.refuseUnknown();
        return new PathRules(downgrades, stepwise, stopAt);
    }

    private static JavaRules java(List<Section> sections) {
        List<JavaRules.Range> ranges = new ArrayList<>();
        for (Section section : sections) {
            int first = section.integer("from-major", 0, MAJOR_MAX).orElse(0);
            int last = section.integer("to-major", 0, MAJOR_MAX).orElse(Integer.MAX_VALUE);
            if (!section.has("minimum")) {
                section.problem("minimum", "is missing: the oldest Java that it runs on, such as 11");
            }
            int minimum = section.integer("minimum", 1, JAVA_MAX).orElse(1);
            OptionalInt maximum = section.integer("maximum", 1, JAVA_MAX);
            if (first > last || maximum.orElse(JAVA_MAX) < minimum) {
                section.problem("the lower bound is above the upper one");
            }
            ranges.stream()
                    .filter(other -> other.first() <= last && first <= other.last())
                    .findFirst()
                    .ifPresent(other -> section.problem("overlaps the range from major " + other.first()));
            ranges.add(new JavaRules.Range(first, last, new JavaRequirement(minimum, maximum)));
            section.refuseUnknown();
        }
        ranges.sort(Comparator.comparingInt(JavaRules.Range::first));
        return new JavaRules(ranges);
    }

    private static HealthRules health(Section section) {
        String path = section.requiredParsed("path", "a path such as /health", ProfileReader::urlPath)
                .orElse("/");
        if (!section.has("port")) {
            section.problem("port", "is missing: sources and default of the port");
        }
        HealthRules rules = new HealthRules(
                path,
                SettingReader.setting(section, "port"),
                SettingReader.setting(section, "host"),
                SettingReader.setting(section, "context-path"),
                condition(section.requiredSection("healthy", "how the answer of a serving application looks")),
                section.sections("starting").stream()
                        .map(ProfileReader::condition)
                        .toList(),
                section.parsed("progress", ProfileReader::pointer).orElse(null));
        section.refuseUnknown();
        return rules;
    }

    private static Condition condition(Section section) {
        Condition condition = new Condition(
                section.integer("status", 100, 599),
                section.parsed("pointer", ProfileReader::pointer).orElse(null),
                section.text("equals").orElse(null),
                section.text("contains").orElse(null));
        if (section.has("pointer") != section.has("equals")) {
            section.problem("pointer and equals go together");
        }
        if (condition.status().isEmpty() && condition.pointer() == null && condition.contains() == null) {
            section.problem("status, pointer with equals, or contains is expected");
        }
        section.refuseUnknown();
        return condition;
    }

    private static Endpoint endpoint(Section section) {
        Endpoint endpoint = readEndpoint(section);
        section.refuseUnknown();
        return endpoint;
    }

    private static Endpoint readEndpoint(Section section) {
        return new Endpoint(
                section.requiredParsed("path", "a path such as /about", ProfileReader::urlPath)
                        .orElse("/"),
                section.requiredParsed("pointer", "a JSON pointer such as /version", ProfileReader::pointer)
                        .orElse(JsonPointer.empty()));
    }

    private static IdentityProbe identity(Section section) {
        IdentityProbe probe = new IdentityProbe(
                readEndpoint(section), section.requiredText("equals", "what a used installation answers for ever"));
        section.refuseUnknown();
        return probe;
    }

    private static JsonPointer pointer(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException(
                    "a JSON pointer, a slash first, is expected, found is " + Text.quote(text));
        }
        return JsonPointer.compile(text);
    }

    private static String urlPath(String text) {
        if (!text.startsWith("/") || text.startsWith("//")) {
            throw new IllegalArgumentException("a path, one slash first, is expected, found is " + Text.quote(text));
        }
        return URI.create(text).toString();
    }

    private static DatabaseRules database(Section root) {
        if (root.isScalar("database")) {
            if (!root.text("database").equals(Optional.of("none"))) {
                root.problem("database", "the word none, or keys with values are expected");
            }
            return DatabaseRules.NONE;
        }
        Section section = root.requiredSection("database", "where the data are kept, or the word none");
        return DatabaseReader.read(section);
    }

    static Migrations migrations(Section section) {
        Migrations migrations = new Migrations(
                section.requiredParsed("changelog-table", "the table with a row for each migration", text -> {
                            if (!TABLE.matcher(text).matches()) {
                                throw new IllegalArgumentException(
                                        "a table's name, with its schema or without, is expected, found is "
                                                + Text.quote(text));
                            }
                            return text;
                        })
                        .orElse(""),
                section.text("lock-query").orElse(null),
                section.text("major-query").orElse(null));
        section.refuseUnknown();
        return migrations;
    }

    private static StopRules stop(Optional<Section> given) {
        if (given.isEmpty()) {
            return new StopRules(Duration.ofSeconds(GRACE_SECONDS_DEFAULT), new TreeSet<>(List.of(0, 143)));
        }
        Section section = given.get();
        int grace = section.integer("grace-seconds", 1, GRACE_SECONDS_MAX).orElse(GRACE_SECONDS_DEFAULT);
        List<Integer> codes = section.list(
                "exit-codes",
                text -> Text.number(text).stream()
                        .filter(code -> code <= 255)
                        .boxed()
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException(
                                "an exit code from 0 to 255 is expected, found is " + Text.quote(text))));
        section.refuseUnknown();
        return new StopRules(Duration.ofSeconds(grace), new TreeSet<>(codes.isEmpty() ? Arrays.asList(0, 143) : codes));
    }

    private static Map<String, Setting> settings(Optional<Section> given) {
        return named(given, SettingReader::setting);
    }

    private static Map<String, List<String>> commands(Optional<Section> given) {
        return named(given, Section::texts);
    }

    private static boolean imageTakesOneArgument(Optional<Section> given) {
        if (given.isEmpty()) {
            return false;
        }
        boolean one = given.get()
                .parsed("arguments", text -> switch (text) {
                    case "one" -> true;
                    case "each" -> false;
                    default ->
                        throw new IllegalArgumentException("one or each is expected, found is " + Text.quote(text));
                })
                .orElse(false);
        given.get().refuseUnknown();
        return one;
    }

    private static <T> Map<String, T> named(Optional<Section> given, BiFunction<Section, String, T> reader) {
        Map<String, T> values = new LinkedHashMap<>();
        given.ifPresent(section -> section.names().forEach(key -> values.put(key, reader.apply(section, key))));
        return values;
    }

    private static LogMarkers log(Optional<Section> given) {
        if (given.isEmpty()) {
            return new LogMarkers(List.of(), List.of());
        }
        LogMarkers markers =
                new LogMarkers(given.get().texts("complete"), given.get().texts("failed"));
        given.get().refuseUnknown();
        return markers;
    }
}
