/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How versions are written and compared. The expressions are RE2's, which takes time in proportion to the text, whatever
 * a profile brings.
 *
 * @param pattern matches a whole version; the groups {@code major} and those of {@code compare} are
 *     numbers; groups named edition and pre are optional
 * @param compare names of the groups to compare, the weightiest first; a missing one counts as 0
 * @param editions the text of the edition group to the edition's name; empty: the application
 *     has no editions
 * @param floating names that move from release to release, such as {@code latest}: never a version
 */
public record VersionRules(
        Pattern pattern, List<String> compare, Map<String, String> editions, List<Pattern> floating) {
    static final String MAJOR = "major";
    static final String EDITION = "edition";
    static final String PRE_RELEASE = "pre";
    private static final int LENGTH_MAX = 100;

    public VersionRules {
        compare = List.copyOf(compare);
        editions = Map.copyOf(editions);
        floating = List.copyOf(floating);
    }

    /** Reads one version. A floating name and a text that only begins like a version are refused. */
    public VersionReading read(String text) {
        String version = text.strip();
        if (version.isEmpty() || version.length() > LENGTH_MAX) {
            return new VersionReading.Unreadable("a version of 1 to " + LENGTH_MAX + " characters is needed");
        }
        for (Pattern moving : floating) {
            if (moving.matcher(version).matches()) {
                return new VersionReading.Unreadable(
                        Text.quote(version) + " is a floating name, a fixed version is needed");
            }
        }
        Matcher matcher = pattern.matcher(version);
        if (!matcher.matches()) {
            return new VersionReading.Unreadable(
                    Text.quote(version) + " is not a version of this application, expected is " + pattern.pattern());
        }
        try {
            return new VersionReading.Known(version(version, matcher));
        } catch (IllegalArgumentException e) {
            return new VersionReading.Unreadable(Text.quote(version) + ": " + e.getMessage());
        }
    }

    private ApplicationVersion version(String text, Matcher matcher) {
        List<Integer> numbers = new ArrayList<>();
        for (String group : compare) {
            numbers.add(number(group, matcher.group(group)));
        }
        return new ApplicationVersion(
                text, edition(matcher), number(MAJOR, matcher.group(MAJOR)), numbers, group(matcher, PRE_RELEASE));
    }

    private @Nullable String edition(Matcher matcher) {
        if (editions.isEmpty()) {
            return null;
        }
        String mark = group(matcher, EDITION);
        String edition = mark == null ? null : editions.get(mark);
        if (edition == null) {
            throw new IllegalArgumentException("no edition is marked by " + Text.quote(String.valueOf(mark)));
        }
        return edition;
    }

    private @Nullable String group(Matcher matcher, String name) {
        return pattern.namedGroups().containsKey(name) ? matcher.group(name) : null;
    }

    private static int number(String group, @Nullable String digits) {
        if (digits == null) {
            return 0;
        }
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(group + " is not a number below 2147483648", e);
        }
    }
}
