/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ApplicationVersionTest {

    @Test
    void theOrderIsTotalAndAgreesWithEquality() {
        List<ApplicationVersion> versions = versions(new Random(42), 120);
        for (ApplicationVersion a : versions) {
            for (ApplicationVersion b : versions) {
                assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
                if (a.equals(b)) {
                    assertThat(a.compareTo(b)).isZero();
                    assertThat(a).hasSameHashCodeAs(b);
                }
                for (ApplicationVersion c : versions) {
                    if (a.compareTo(b) <= 0 && b.compareTo(c) <= 0) {
                        assertThat(a.compareTo(c)).isLessThanOrEqualTo(0);
                    }
                }
            }
        }
    }

    @Test
    void everyPathClimbsAndEndsAtItsTarget() {
        Random random = new Random(43);
        PathRules rules = new PathRules(
                PathRules.Downgrades.WITHIN_MAJOR, java.util.OptionalInt.of(4), new java.util.TreeSet<>(Set.of(6)));
        int found = 0;
        for (int i = 0; i < 3_000; i++) {
            List<ApplicationVersion> available = versions(random, 40);
            ApplicationVersion from = available.get(0);
            ApplicationVersion to = available.get(1);
            if (rules.path(from, to, available) instanceof PathDecision.Hops(List<ApplicationVersion> hops)) {
                found++;
                assertThat(hops).last().isEqualTo(to);
                ApplicationVersion here = from;
                for (ApplicationVersion hop : hops.subList(0, hops.size() - 1)) {
                    assertThat(hop).isGreaterThan(here);
                    assertThat(hop.preRelease()).isNull();
                    if (here.major() < 4) {
                        assertThat(hop.major()).isLessThanOrEqualTo(here.major() + 1);
                    }
                    here = hop;
                }
                assertThat(to.major()).isGreaterThanOrEqualTo(from.major());
            }
        }
        assertThat(found).isGreaterThan(500);
    }

    private static List<ApplicationVersion> versions(Random random, int count) {
        List<ApplicationVersion> versions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int major = random.nextInt(8);
            String preRelease = random.nextInt(4) == 0
                    ? List.of("RC1", "rc2", "RC10", "RC99999999999", "beta", "M1", "1")
                            .get(random.nextInt(7))
                    : null;
            String edition = random.nextBoolean() ? "oss" : "paid";
            versions.add(new ApplicationVersion(
                    "v" + i, edition, major, List.of(major, random.nextInt(3), random.nextInt(2)), preRelease));
        }
        return versions;
    }
}
