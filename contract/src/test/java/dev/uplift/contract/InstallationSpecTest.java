/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an installation may be made of, and when two have the same database. */
final class InstallationSpecTest {
    private static final URI URL = URI.create("http://127.0.0.1:3000");
    private static final HostSpec WEB1 = ssh("web1", "web1.example.org", "deploy", "SHA256:" + "k".repeat(43));

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, postgresql:default/local:5432/metabase",
        "localhost, postgresql:default/local:5432/metabase",
        "LOCALHOST, postgresql:default/local:5432/metabase",
        "::1, postgresql:default/local:5432/metabase",
        "127.0.1.1, postgresql:default/local:5432/metabase",
        "DB.example.org, postgresql:db.example.org:5432/metabase",
        "db.example.org., postgresql:db.example.org:5432/metabase",
        "10.0.0.7, postgresql:10.0.0.7:5432/metabase"
    })
    void serverThatIsWrittenInSeveralWaysIsOne(String address, String identity) {
        assertThat(spec("default", address, null).databaseIdentity()).isEqualTo(identity);
    }

    @Test
    void loopbackIsThatOfTheHostThatTheServerIsReachedFrom() {
        assertThat(spec("default", "127.0.0.1", "unit").databaseIdentity()).isEqualTo("postgresql:web1:5432/metabase");
        assertThat(spec("default", "localhost", "container").databaseIdentity())
                .isEqualTo("postgresql:web1/metabase:5432/metabase");
        assertThat(spec("default", "db.example.org", "unit").databaseIdentity())
                .isEqualTo(spec("default", "db.example.org", null).databaseIdentity());
    }

    @Test
    void whatIsLocalAtOneSiteIsAnotherAtTheNext() {
        assertThat(spec("berlin", "127.0.0.1", null).databaseIdentity())
                .isNotEqualTo(spec("paris", "127.0.0.1", null).databaseIdentity());
        assertThat(h2("berlin", NodeSpec.LOCAL).databaseIdentity()).isEqualTo("h2:berlin/local:/srv/m.mv.db");
        assertThat(h2("paris", "web1").databaseIdentity()).isEqualTo("h2:web1:/srv/m.mv.db");
    }

    @Test
    void nodeOrDatabaseOnAnUnknownHostIsRefused() {
        NodeSpec stray = new NodeSpec.JarProcess("a", "web2", "/srv/a", "a.jar", URL);
        DatabaseSpec h2 = new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/m.mv.db", null, null);

        assertThatThrownBy(() -> installation("default", List.of(stray), h2))
                .hasMessage("installation.nodes is on a host that installation.hosts does not have");
        assertThatThrownBy(() -> h2("default", "web2"))
                .hasMessage("installation.database is on a host that installation.hosts does not have");
        assertThatThrownBy(() -> spec("default", "127.0.0.1", "nobody"))
                .hasMessageContaining("reached from a node that is not there");
    }

    @Test
    void nodesOfTheSameNameAreRefused() {
        NodeSpec node = new NodeSpec.JarProcess("a", NodeSpec.LOCAL, "/srv/a", "a.jar", URL);

        assertThatThrownBy(() -> installation(
                        "default", List.of(node, node), new DatabaseSpec.H2(NodeSpec.LOCAL, "/x", null, null)))
                .hasMessage("installation.nodes has the same name twice");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--now",
                "-H.service",
                "a.service;reboot",
                "a.service b.service",
                "../a.service",
                "metabase",
                ".service"
            })
    void unitThatIsNoNameOfAServiceIsRefused(String unit) {
        assertThatThrownBy(() -> new NodeSpec.Systemd("a", NodeSpec.LOCAL, unit, "/srv/a", "a.jar", URL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "-v/:/h, metabase/metabase",
        "a b, metabase/metabase",
        "metabase, metabase/metabase:latest",
        "metabase, metabase@sha256:abc",
        "metabase, --privileged",
        "metabase, ../etc"
    })
    void containerOrImageThatIsNoNameIsRefused(String container, String image) {
        assertThatThrownBy(() -> new NodeSpec.Docker("a", NodeSpec.LOCAL, container, image, URL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "local, web1, deploy, file:/k",
        "WEB, web1, deploy, file:/k",
        "web1, -oProxyCommand=x, deploy, file:/k",
        "web1, web 1, deploy, file:/k",
        "web1, web1, -l, file:/k",
        "web1, web1, deploy, /etc/key",
        "web1, web1, deploy, -----BEGIN"
    })
    void hostThatCouldMeanSomethingElseIsRefused(String name, String address, String user, String keyRef) {
        assertThatThrownBy(() -> new HostSpec.Ssh(name, address, 22, user, "SHA256:" + "k".repeat(43), keyRef))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void hostKeyMustBePinned() {
        assertThatThrownBy(() -> ssh("web1", "web1", "deploy", "accept-new")).hasMessageStartingWith("host.hostKey");
        assertThat(ssh("web1", "web1", "deploy", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIabc"))
                .isNotNull();
    }

    private static HostSpec ssh(String name, String address, String user, String hostKey) {
        return new HostSpec.Ssh(name, address, 22, user, hostKey, "file:/etc/uplift/key");
    }

    private static InstallationSpec spec(String site, String address, @Nullable String reachedFrom) {
        return installation(
                site,
                List.of(
                        new NodeSpec.Systemd("unit", "web1", "metabase.service", "/srv/m", "metabase.jar", URL),
                        new NodeSpec.Docker("container", "web1", "metabase", "metabase/metabase", URL)),
                new DatabaseSpec.PostgreSql(address, 5432, "metabase", "metabase", null, reachedFrom));
    }

    private static InstallationSpec h2(String site, String host) {
        return installation(
                site,
                List.of(new NodeSpec.JarProcess("a", NodeSpec.LOCAL, "/srv", "a.jar", URL)),
                new DatabaseSpec.H2(host, "/srv/m.mv.db", null, null));
    }

    private static InstallationSpec installation(String site, List<NodeSpec> nodes, DatabaseSpec database) {
        return new InstallationSpec(UUID.randomUUID(), "sales", "metabase", site, nodes, database, List.of(WEB1));
    }
}
