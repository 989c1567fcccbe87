/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.ArtifactWorld.artifact;
import static dev.uplift.artifact.testing.RawServer.cut;
import static dev.uplift.artifact.testing.RawServer.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.artifact.testing.TestRun;
import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.contract.StepCommand;
import dev.uplift.messaging.CrashPoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The process dies before or after each effect; the same command, run again, ends as if it had not. */
final class FetchCrashTest {
    private static final byte[] JAR = TestJar.of("v0.51.8", 1);
    private static final String SHA256 = TestJar.sha256(JAR);
    private static final String STORED = "artifacts/sha256/" + SHA256.substring(0, 2) + "/" + SHA256;

    @TempDir
    Path home;

    static Stream<Arguments> deaths() {
        return Arrays.stream(FetchEffect.values())
                .flatMap(effect -> Arrays.stream(CrashPoints.Moment.values())
                        .flatMap(moment ->
                                Stream.of(Arguments.of(effect, moment, true), Arguments.of(effect, moment, false))));
    }

    @ParameterizedTest
    @MethodSource("deaths")
    void aFetchThatDiedIsTakenUpAgain(FetchEffect effect, CrashPoints.Moment moment, boolean pinned) throws Exception {
        try (ArtifactWorld world = new ArtifactWorld(home);
                RawServer server = new RawServer(file(JAR, "\"one\""))) {
            StepCommand command = Commands.fetch("v0.51.8", server.url("/metabase.jar"), pinned ? SHA256 : null);
            arrange(effect, world, server, command);
            TestRun dying = new TestRun((reached, at) -> {
                if (reached.equals(effect.in(command)) && at == moment) {
                    throw new Death();
                }
            });

            assertThatThrownBy(() -> world.fetch(command, dying)).isInstanceOf(Death.class);
            assertThat(
                            Files.exists(home.resolve(STORED))
                                    ? TestJar.sha256(Files.readAllBytes(home.resolve(STORED)))
                                    : SHA256)
                    .describedAs("what the store has is right, unless the disk spoilt it")
                    .matches(hash -> hash.equals(SHA256) || effect == FetchEffect.EVICT);

            assertThat(artifact(world.fetch(command)).sha256()).isEqualTo(SHA256);
            assertThat(world.files()).contains(STORED).allMatch(name -> !name.endsWith(".uplift-tmp"));
            assertThat(home.resolve(STORED)).hasBinaryContent(JAR);
            assertThat(artifact(world.fetch(command)).sha256()).isEqualTo(SHA256);
        }
    }

    /** Two effects need a situation of their own. */
    private void arrange(FetchEffect effect, ArtifactWorld world, RawServer server, StepCommand command)
            throws Exception {
        switch (effect) {
            case DISCARD -> {
                server.answer(cut(JAR, 40_000, "ETag: \"old\""));
                assertThat(world.fetch(command).toString()).contains("broke off");
                server.answer((request, out) -> (request.header("range") != null
                                ? RawServer.part(JAR, 1, "\"other\"")
                                : file(JAR, "\"one\""))
                        .write(request, out));
            }
            case EVICT -> {
                artifact(world.fetch(command));
                Files.writeString(home.resolve(STORED), "rotten");
            }
            case BEGIN, DOWNLOAD, STORE, RECORD, CLEAR, FORGET -> {}
        }
    }

    /** As sudden as a kill: nobody catches it. */
    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }
}
