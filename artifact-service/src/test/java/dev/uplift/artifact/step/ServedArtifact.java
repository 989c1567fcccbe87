/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.worker.StepOutcome;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An artifact that a server has, and a world that has it not. */
abstract class ServedArtifact {
    static final byte[] JAR = TestJar.of("v0.51.8", 1);
    static final String SHA256 = TestJar.sha256(JAR);

    @TempDir
    Path home;

    ArtifactWorld world;
    RawServer server;

    @BeforeEach
    void start() throws Exception {
        world = new ArtifactWorld(home);
        server = new RawServer(RawServer.file(JAR, "\"one\""));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        world.close();
    }

    /** The command to fetch it. */
    StepCommand command(@Nullable String sha256) {
        return Commands.fetch("v0.51.8", server.url("/metabase.jar"), sha256);
    }

    static void refused(StepOutcome outcome, ErrorCode code, String detail) {
        failed(outcome, code, false, detail);
    }

    static void retryable(StepOutcome outcome, ErrorCode code, String detail) {
        failed(outcome, code, true, detail);
    }

    private static void failed(StepOutcome outcome, ErrorCode code, boolean retryable, String detail) {
        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
            assertThat(failed.detail()).contains(detail);
            assertThat(failed.code()).isEqualTo(code);
            assertThat(failed.retryable()).isEqualTo(retryable);
        });
    }
}
