/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProfilesTest {

    @Test
    void theBuiltInProfilesAreLoadedWithoutAnOperatorsDirectory() throws ProfileException {
        Profiles profiles = Profiles.load(Optional.empty());

        assertThat(profiles.all()).extracting(Profile::name).containsExactly("metabase", "spring-cloud-data-flow");
        assertThat(profiles.byName("metabase")).get().extracting(Profile::title).isEqualTo("Metabase");
        assertThat(profiles.byName("unheard-of")).isEmpty();
    }
}
