/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Discovery;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Launch;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.inspect.Candidate.Usable;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is told of applications without asking the server that they name. */
class SharedDatabasesTest {
    @Test
    void whoUsesADatabaseAsAnotherUserIsNoNodeOfItsInstallationAlsoWhenTimeIsUp() throws Exception {
        try (HostConnections connections = new HostConnections(Path.of("/nonexistent"), DockerEndpoint.LOCAL)) {
            SharedDatabases databases =
                    new SharedDatabases(TestSite.of(connections), Profiles.load(Optional.empty()), Duration.ZERO);
            Usable first = application("/srv/first", "mb");
            Usable stranger = application("/srv/stranger", "reader");
            Usable second = application("/srv/second", "mb");

            List<Candidate> distinguished = databases.distinguished(List.of(first, stranger, second));

            assertThat(distinguished).first().isEqualTo(first);
            assertThat(distinguished)
                    .element(1)
                    .isInstanceOfSatisfying(
                            Candidate.Unusable.class,
                            unusable -> assertThat(unusable.answer().reason())
                                    .startsWith("its database has the address of that of /srv/first")
                                    .contains("another user"));
            assertThat(distinguished).last().isEqualTo(second);
        }
    }

    private static Usable application(String directory, String user) {
        NodeSpec node = new NodeSpec.JarProcess(
                "node-1", NodeSpec.LOCAL, directory, "metabase.jar", URI.create("http://127.0.0.1:3000"));
        InstallationSpec installation = new InstallationSpec(
                UUID.randomUUID(),
                "found",
                "metabase",
                "default",
                List.of(node),
                new DatabaseSpec.PostgreSql("db.example", 5432, "mb", user, null));
        return new Usable(
                new Discovery.Usable(
                        node,
                        null,
                        "metabase",
                        new Release("v0.50.3", "oss", null, null),
                        installation.database().address(),
                        installation.databaseIdentity()),
                installation,
                new Launch(
                        List.of("java", "-jar", "metabase.jar"),
                        Map.of(),
                        0,
                        0,
                        List.of(),
                        "root",
                        directory,
                        "/usr/bin/java",
                        directory + "/x.log",
                        Map.of(),
                        null,
                        null));
    }
}
