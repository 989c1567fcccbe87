/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.uplift.testbed.RequiresRoot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    private static final Host HOST = new LocalHost();
    private static final String CANARY = "p\"ss w\u00f6rd/+";

    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void canonical() throws Exception {
        directory = temporary.toRealPath();
    }

    @Test
    void launchFileKeepsItsSecretsForItsOwnerAndHandsThemOutByReference() throws Exception {
        Launch launch = launch(Map.of("MB_DB_PASS", CANARY));
        write(launch);

        assertThat(LaunchFile.read(HOST, directory)).contains(launch);
        assertThat(Files.getPosixFilePermissions(LaunchFile.of(directory))).isEqualTo(DurableFiles.OWNER_ONLY);
        assertThat(Files.getPosixFilePermissions(directory.resolve(".uplift")))
                .isEqualTo(DurableFiles.OWNER_ONLY_DIRECTORY);
        String reference = LaunchFile.reference(directory, "database-password");
        Secret secret = Secrets.resolve(HOST, reference);
        assertThat(secret.reveal()).isEqualTo(CANARY);
        assertThat(secret + " " + launch).doesNotContain(CANARY);
    }

    @Test
    void launchThatWasNeverWrittenIsAbsentAndADamagedOneIsRefusedWithoutQuotingIt() throws Exception {
        assertThat(LaunchFile.read(HOST, directory)).isEmpty();
        write(launch(Map.of()));
        Files.writeString(LaunchFile.of(directory), "{\"argv\":[\"-Dpassword=" + "canary" + "\"");
        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> LaunchFile.read(HOST, directory))
                .withMessageNotContaining("canary");
    }

    @Test
    @RequiresRoot
    void launchFileThatTheApplicationsUserPutThereIsNotBelieved() throws Exception {
        write(launch(Map.of()));
        Files.setAttribute(directory.resolve(".uplift"), "unix:uid", 65534);

        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> LaunchFile.read(HOST, directory))
                .withMessageContaining("belongs to");
        assertThatExceptionOfType(UnexpectedPathException.class)
                .isThrownBy(() -> HOST.fence(directory).last());
    }

    @Test
    void variableIsResolved() throws Exception {
        assertThat(Secrets.resolve(HOST, "env:X", Map.of("X", "value")).reveal())
                .isEqualTo("value");
        assertThatExceptionOfType(SecretUnavailableException.class)
                .isThrownBy(() -> Secrets.resolve(HOST, "env:Y", Map.of("X", "value")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:/etc/passwd#/a",
                "file:relative#/a",
                "file:/etc/../etc/shadow#/a",
                "file:/dev/zero#/a",
                "file:/x\0#/a",
                "plain",
                "file:/etc/shadow",
                "vault:x"
            })
    void referenceToAnythingElseIsRefused(String reference) {
        assertThatExceptionOfType(SecretUnavailableException.class).isThrownBy(() -> Secrets.resolve(HOST, reference));
    }

    @Test
    void fileThatOthersCanReadIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("s.json"), "{\"a\":\"b\"}");
        Files.setPosixFilePermissions(file, DurableFiles.READABLE);
        assertThatExceptionOfType(SecretUnavailableException.class)
                .isThrownBy(() -> Secrets.resolve(HOST, "file:" + file + "#/a"));
        Files.setPosixFilePermissions(file, DurableFiles.OWNER_ONLY);
        assertThat(Secrets.resolve(HOST, "file:" + file + "#/a").reveal()).isEqualTo("b");
        assertThatExceptionOfType(SecretUnavailableException.class)
                .isThrownBy(() -> Secrets.resolve(HOST, "file:" + file + "#/missing"));
    }

    @Test
    void scrubberTakesOutSecretsInEveryForm() {
        Launch launch = launch(Map.of(
                "MB_DB_PASS", CANARY,
                "MB_ENCRYPTION_SECRET_KEY", "enc-key",
                "MB_DB_CONNECTION_URI", "jdbc:postgresql://u:uripass@db:5432/x",
                "UNTOLD", "0123456789abcdefCANARY",
                "MB_DB_TYPE", "postgres"));
        Scrubber scrubber = Scrubber.of(launch);

        assertThat(scrubber.scrub("postgres said " + CANARY + " enc-key uripass 0123456789abcdefCANARY flagsecret"))
                .isEqualTo("postgres said *** *** *** *** ***");
        assertThat(scrubber.scrub("p%22ss+w%C3%B6rd%2F%2B")).isEqualTo("***");
        assertThat(scrubber.scrub("url jdbc:x://bob:hunter2@host/db?password=abc&user=x"))
                .isEqualTo("url jdbc:x://bob:***@host/db?password=***&user=x");
        assertThat(scrubber.scrub("nothing to hide here")).isEqualTo("nothing to hide here");
    }

    @Test
    void scrubberTakesOutWhatFollowsTheNameOfASecret() {
        Scrubber scrubber = Scrubber.of(List.of());

        assertThat(scrubber.scrub("MB_DB_PASS=hunter2 passphrase: hunter2 {\"credential\": \"hunter 2\"}"))
                .isEqualTo("MB_DB_PASS=*** passphrase: *** {\"credential\": ***}");
        assertThat(scrubber.scrub("db.password=hun&ter,2;3 user=x")).isEqualTo("db.password=*** user=x");
        assertThat(scrubber.scrub("GET /?access_key=hunter2&user=x&pwd='h 2'"))
                .isEqualTo("GET /?access_key=***&user=x&pwd=***");
        assertThat(scrubber.scrub("compass=north, 3 passed: ok")).isEqualTo("compass=north, 3 passed: ok");
    }

    @Test
    void scrubberLooksThroughALongLogInTime() {
        String log = "token".repeat(20_000) + " password=hunter2";

        assertTimeoutPreemptively(
                Duration.ofSeconds(10),
                () -> assertThat(Scrubber.of(List.of()).scrub(log)).endsWith("token password=***"));
    }

    private Launch launch(Map<String, String> environment) {
        return new Launch(
                List.of("java", "-Dmb.db.pass=flagsecret", "-jar", "x.jar"),
                environment,
                0,
                0,
                List.of(),
                "root",
                directory.toString(),
                "/usr/bin/java",
                directory.resolve("x.log").toString(),
                Map.of("database-password", CANARY),
                null,
                null);
    }

    private void write(Launch launch) throws Exception {
        try (Fence.Held held = HOST.fence(directory).claim(UUID.randomUUID(), null)) {
            LaunchFile.write(held, directory, launch);
        }
    }
}
