/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.api.RegisterInstallation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no application in a plain directory is not registered, and nothing is written there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadDirectoryIT {
    private static final String NAME = Bystander.NAME;

    private final Product product = Product.shared();
    private final Bystander bystander = Bystander.shared();

    @BeforeEach
    void look() {
        bystander.look();
    }

    @AfterEach
    void theApplicationHasNotNoticed() {
        bystander.requireUntouched();
    }

    Stream<Arguments> directories() throws IOException {
        Path applications = product.applications().toRealPath();
        Path empty = Files.createDirectories(applications.resolve("bad-empty"));
        Path link = applications.resolve("bad-link");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, bystander.dashboard().server().directory());
        return Stream.of(
                Arguments.of("a path with ..", applications + "/bad-empty/../" + NAME, "plain form"),
                Arguments.of("a relative path", "bad-empty", "plain form"),
                Arguments.of("a symbolic link", link.toString(), "symbolic link"),
                Arguments.of("a directory where nothing runs", empty.toString(), "no process runs a JAR"),
                Arguments.of("no directory", applications.resolve("bad-nowhere").toString(), "not a directory"),
                Arguments.of("a file", bystander.dashboard().server().ledger().toString(), "not a directory"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("directories")
    void aDirectoryThatIsNotAnApplicationsIsRefused(String what, String directory, String reason) {
        FileSnapshot before = FileSnapshot.of(product.applications());

        InstallationStatus refused =
                bystander.registered(new RegisterInstallation("bad-directory", null, null, null, directory));

        assertThat(refused.state()).as("%s: %s", what, refused).isEqualTo(InstallationStatus.State.REFUSED);
        assertThat(refused.problem()).contains(reason);
        assertThat(FileSnapshot.of(product.applications())).isEqualTo(before);
    }

    @Test
    void aProgramThatNoProfileKnowsIsRefused() throws IOException, InterruptedException {
        Path directory =
                Files.createDirectories(product.applications().toRealPath().resolve("bad-program"));
        Path jar = directory.resolve("other.jar");
        jarOf(Idle.class, jar);
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", "other.jar")
                .directory(directory.toFile())
                .start();
        try {
            Awaitility.await("the program")
                    .atMost(Bystander.SEEN_MAX)
                    .until(() -> program.toHandle().info().commandLine().isPresent());
            FileSnapshot before = FileSnapshot.of(directory);

            InstallationStatus byDirectory = bystander.registered(
                    new RegisterInstallation("bad-program", null, null, null, directory.toString()));
            InstallationStatus byPid =
                    bystander.registered(new RegisterInstallation("bad-program", null, null, program.pid(), null));
            InstallationStatus noProgram =
                    bystander.registered(new RegisterInstallation("bad-program", null, null, 1L, null));
            InstallationStatus noProfile = bystander.registered(
                    new RegisterInstallation("bad-program", "nobody", null, null, directory.toString()));

            assertThat(byDirectory.problem()).contains("no profile recognises other.jar");
            assertThat(byPid.problem()).contains("no profile recognises other.jar");
            assertThat(noProgram.problem()).contains("runs no JAR");
            assertThat(noProfile.problem()).contains("there is no profile 'nobody'");
            assertThat(Stream.of(byDirectory, byPid, noProgram, noProfile).map(InstallationStatus::state))
                    .containsOnly(InstallationStatus.State.REFUSED);
            assertThat(FileSnapshot.of(directory)).isEqualTo(before);
            assertThat(program.isAlive()).isTrue();
        } finally {
            program.destroy();
            program.waitFor();
        }
    }

    private static void jarOf(Class<?> main, Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main.getName());
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        main.getProtectionDomain().getCodeSource().getLocation().toString());
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream content = new JarOutputStream(file, manifest)) {
            content.finish();
        }
    }
}
