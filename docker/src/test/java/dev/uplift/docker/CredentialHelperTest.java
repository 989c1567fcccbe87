/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs on a path of the test's own. */
class CredentialHelperTest {
    private static final String CANARY = "s3cret-canary";

    @TempDir
    Path directory;

    private TestHelpers helpers;

    @BeforeEach
    void prepare() throws Exception {
        helpers = new TestHelpers(directory.resolve("bin"));
    }

    @Test
    void aHelperIsAskedForItsRegistryAlone() throws Exception {
        helpers.script("ecr-login", """
                [ "$1" = get ] && [ "$(cat)" = r.example.com:5000 ] || exit 1
                echo '{"ServerURL":"r.example.com:5000","Username":"AWS","Secret":"s3cret-canary"}'""");
        RegistryLogins logins = logins("{\"credHelpers\":{\"r.example.com:5000\":\"ecr-login\"}}");
        assertThat(logins.authorization(image("r.example.com:5000/team/app")))
                .contains("Basic QVdTOnMzY3JldC1jYW5hcnk=");
        assertThat(logins.login(image("r.example.com:5000/team/app"))).hasValueSatisfying(login -> {
            assertThat(login.getUsername()).isEqualTo("AWS");
            assertThat(login.getRegistryAddress()).isEqualTo("r.example.com:5000");
        });
        assertThat(logins.login(image("r.example.com/team/app"))).isEmpty();
    }

    @Test
    void aStoreIsAskedForEveryOtherRegistryAndForDockerHubByItsAddress() throws Exception {
        helpers.script("store", """
                read registry
                echo "{\\"Username\\":\\"$registry\\",\\"Secret\\":\\"of-store\\"}\"""");
        helpers.script("own", "echo '{\"Username\":\"own\",\"Secret\":\"of-own\"}'");
        RegistryLogins logins = logins("{\"credsStore\":\"store\",\"credHelpers\":{\"r.example.com\":\"own\"}}");
        assertThat(logins.login(image("r.example.com/app")).orElseThrow().getUsername())
                .isEqualTo("own");
        assertThat(logins.login(image("other.example.com/app")).orElseThrow().getUsername())
                .isEqualTo("other.example.com");
        assertThat(logins.login(image("metabase/metabase")).orElseThrow().getUsername())
                .isEqualTo("https://index.docker.io/v1/");
    }

    @Test
    void aTokenIsForTheEngineAlone() throws Exception {
        helpers.script("acr", "echo '{\"Username\":\"<token>\",\"Secret\":\"t0ken\"}'");
        RegistryLogins logins = logins("{\"credHelpers\":{\"r.azurecr.io\":\"acr\"}}");
        assertThat(logins.login(image("r.azurecr.io/app")).orElseThrow().getIdentitytoken())
                .isEqualTo("t0ken");
        assertThat(logins.authorization(image("r.azurecr.io/app"))).isEmpty();
    }

    @Test
    void whereAHelperKnowsNothingTheFileCounts() throws Exception {
        helpers.script("store", "echo 'credentials not found in native keychain'; exit 1");
        RegistryLogins logins =
                logins("{\"credsStore\":\"store\",\"auths\":{\"kept.example.com\":{\"auth\":\"dXNlcjpvcGVu\"},"
                        + "\"r.example.com\":{}}}");
        assertThat(logins.login(image("kept.example.com/app")).orElseThrow().getUsername())
                .isEqualTo("user");
        assertThat(logins.login(image("r.example.com/app"))).isEmpty();
    }

    @Test
    void whatGoesWrongNamesTheHelperAndWhatToDoAndNoSecret() throws Exception {
        refused("missing", "is not on the PATH");
        helpers.script("broken", "echo " + CANARY + "; echo " + CANARY + " >&2; exit 3");
        refused("broken", "exit code 3");
        helpers.script("talks", "echo " + CANARY);
        refused("talks", "no login");
        helpers.script(
                "endless",
                "echo '{\"Username\":\"u\",\"Secret\":\"'; yes " + CANARY + " | head -c 1000000; echo '\"}'");
        refused("endless", "no login");
        assertThatThrownBy(() -> logins("{\"credsStore\":\"../bin/sh\"}").login(image("r.example.com/app")))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("whose name is none");
    }

    private void refused(String helper, String why) {
        assertThatThrownBy(() -> logins("{\"credHelpers\":{\"r.example.com\":\"" + helper + "\"}}")
                        .login(image("r.example.com/app")))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("docker-credential-" + helper)
                .hasMessageContaining(why)
                .hasMessageContaining("uplift.registry.logins")
                .hasMessageNotContaining(CANARY);
    }

    private RegistryLogins logins(String configJson) throws Exception {
        Path config = Files.writeString(directory.resolve("config.json"), configJson);
        return helpers.logins(config);
    }

    private static ImageReference image(String text) throws Exception {
        return ImageReference.parse(text);
    }
}
