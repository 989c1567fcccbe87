/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How Metabase writes its versions, and which way leads from one to another. */
class MetabaseVersionTest {
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
        assertThat(Metabase.version(text).edition()).isEqualTo(edition);
        assertThat(Metabase.version(text).major()).isEqualTo(major);
        assertThat(Metabase.version(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"latest", "v0.58.x", "v1.58.x", "v0.58.2.x", "head"})
    void floatingNamesAreRefused(String text) {
        assertThat(Metabase.PROFILE.version(text))
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
        assertThat(Metabase.PROFILE.version(text)).isInstanceOf(VersionReading.Unreadable.class);
    }

    @Test
    void bothEditionsOfAReleaseAreTheSameReleaseAndNotEqual() {
        assertThat(Metabase.version("v0.50.1").sameRelease(Metabase.version("v1.50.1")))
                .isTrue();
        assertThat(Metabase.version("v0.50.1")).isNotEqualTo(Metabase.version("v1.50.1"));
        assertThat(Metabase.version("v0.50.1"))
                .isEqualTo(Metabase.version("0.50.1.0"))
                .hasSameHashCodeAs(Metabase.version("0.50.1.0"));
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
                .map(Metabase::version)
                .sorted(Collections.reverseOrder())
                .toList();
        assertThat(shuffled.stream().sorted())
                .extracting(ApplicationVersion::text)
                .isEqualTo(inOrder);
    }

    @ParameterizedTest
    @CsvSource({"v0.1, 8", "v0.43.9, 8", "v0.44.0, 11", "v0.52.9, 11", "v0.53.0, 21", "v1.60.1, 21"})
    void eachMajorNeedsItsJava(String text, int minimum) {
        JavaRequirement requirement = Metabase.PROFILE.javaRequirement(Metabase.version(text));
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
        assertThat(Metabase.PROFILE.path(Metabase.version(from), Metabase.version(to), available()))
                .isEqualTo(new PathDecision.Hops(
                        Stream.of(hops.split(" ")).map(Metabase::version).toList()));
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
        assertThat(Metabase.PROFILE.path(Metabase.version(from), Metabase.version(to), available()))
                .isInstanceOfSatisfying(PathDecision.Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(reason);
                    assertThat(refused.detail()).contains(to);
                });
    }

    @Test
    void aMissingStopIsNamed() {
        assertThat(Metabase.PROFILE.path(
                        Metabase.version("v0.38.6"), Metabase.version("v0.58.5"), List.of(Metabase.version("v0.40.5"))))
                .isEqualTo(new PathDecision.Refused(
                        PathDecision.Reason.MISSING_STOP,
                        "the newest release of major 39 must be installed on the way from v0.38.6 to v0.58.5, and none"
                                + " of that major is known"));
    }

    private static List<ApplicationVersion> available() {
        return Stream.of("38.2", "38.6", "39.0", "39.7", "40.1", "40.5", "40.6-RC1", "41.2", "58.5")
                .flatMap(release -> Stream.of("v0." + release, "v1." + release))
                .map(Metabase::version)
                .toList();
    }
}
