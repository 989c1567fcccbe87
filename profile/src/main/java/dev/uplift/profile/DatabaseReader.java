/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the key {@code database} of a profile. */
final class DatabaseReader {
    private static final int SERVER_MAJOR_MAX = 999;

    private DatabaseReader() {}

    static DatabaseRules read(Section section) {
        Map<String, DatabaseRules.Kind> kinds = new LinkedHashMap<>();
        section.section("kinds").ifPresent(words -> {
            for (String word : words.names()) {
                words.parsed(word, DatabaseReader::kind)
                        .ifPresent(kind -> kinds.put(word.toLowerCase(Locale.ROOT), kind));
            }
        });
        if (section.has("kind") != section.has("kinds")) {
            section.problem("kind and kinds go together");
        }
        if (!section.has("kind") && !section.has("uri")) {
            section.problem("uri, or kind with kinds is expected");
        }
        DatabaseRules rules = new DatabaseRules(
                true,
                SettingReader.setting(section, "kind"),
                kinds,
                SettingReader.setting(section, "uri"),
                section.parsed("uri-user-info", DatabaseReader::isEncoded).orElse(true),
                SettingReader.setting(section, "host"),
                SettingReader.setting(section, "port"),
                SettingReader.setting(section, "name"),
                SettingReader.setting(section, "user"),
                SettingReader.setting(section, "password"),
                section.section("h2").map(DatabaseReader::h2).orElse(DatabaseRules.H2Rules.NONE),
                obstacles(section.sections("unsupported")),
                section.section("migrations").map(ProfileReader::migrations).orElse(null),
                minimumVersions(section));
        section.refuseUnknown();
        return rules;
    }

    private static DatabaseRules.Kind kind(String text) {
        return Arrays.stream(DatabaseRules.Kind.values())
                .filter(kind -> kind.toString().equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("h2 or postgresql is expected, found is " + Text.quote(text)));
    }

    private static Boolean isEncoded(String text) {
        return switch (text) {
            case "percent-encoded" -> true;
            case "literal" -> false;
            default ->
                throw new IllegalArgumentException(
                        "percent-encoded or literal is expected, found is " + Text.quote(text));
        };
    }

    private static DatabaseRules.H2Rules h2(Section section) {
        DatabaseRules.H2Rules rules = new DatabaseRules.H2Rules(
                SettingReader.setting(section, "file"),
                SettingReader.setting(section, "user"),
                SettingReader.setting(section, "password"));
        section.refuseUnknown();
        return rules;
    }

    private static List<DatabaseRules.Obstacle> obstacles(List<Section> sections) {
        List<DatabaseRules.Obstacle> obstacles = new ArrayList<>();
        for (Section section : sections) {
            Setting setting = SettingReader.setting(section, "sources");
            if (!section.has("sources")) {
                section.problem("sources", "is missing: where the setting is looked for");
            }
            obstacles.add(new DatabaseRules.Obstacle(
                    setting, section.requiredText("reason", "why it cannot be upgraded then")));
            section.refuseUnknown();
        }
        return obstacles;
    }

    private static Map<DatabaseRules.Kind, Integer> minimumVersions(Section section) {
        Map<DatabaseRules.Kind, Integer> versions = new LinkedHashMap<>();
        section.section("minimum-versions").ifPresent(minimums -> {
            for (DatabaseRules.Kind kind : DatabaseRules.Kind.values()) {
                minimums.integer(kind.toString(), 1, SERVER_MAJOR_MAX)
                        .ifPresent(version -> versions.put(kind, version));
            }
            minimums.refuseUnknown();
        });
        return versions;
    }
}
