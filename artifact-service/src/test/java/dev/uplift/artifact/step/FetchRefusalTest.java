/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import static dev.uplift.artifact.testing.RawServer.cut;
import static dev.uplift.artifact.testing.RawServer.head;
import static dev.uplift.artifact.testing.RawServer.ok;
import static dev.uplift.artifact.testing.RawServer.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.testing.ArtifactWorld;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.worker.StepOutcome;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a server or a command says, nothing wrong gets into the store. */
final class FetchRefusalTest extends ServedArtifact {

    @AfterEach
    void nothingWrongIsLeft() throws Exception {
        assertThat(world.files()).noneMatch(name -> name.startsWith("artifacts/sha256"));
    }

    @Test
    void anotherHashThanThePinnedOne() throws Exception {
        refused(fetch("c".repeat(64)), ErrorCode.ARTIFACT_WRONG, "has the SHA-256 " + SHA256);
        assertThat(server.requests()).hasSize(1);
        assertThat(world.files()).isEmpty();
    }

    @Test
    void anotherVersionInside() throws Exception {
        server.answer(ok(TestJar.of("v0.51.9", 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "the artifact is v0.51.9, wanted is v0.51.8");
        assertThat(world.files()).isEmpty();
    }

    @Test
    void anotherEditionInside() throws Exception {
        server.answer(ok(TestJar.of("v1.51.8", 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "of the edition enterprise, wanted is v0.51.8");
    }

    @Test
    void anotherEditionAsked() throws Exception {
        refused(
                world.fetch(Commands.fetch("v1.51.8", server.url("/x.jar"), null)),
                ErrorCode.ARTIFACT_WRONG,
                "v1.51.8 is of the edition enterprise, wanted is oss");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aLowerMajor() throws Exception {
        refused(
                world.fetch(Commands.fetch("v0.49.3", server.url("/x.jar"), null)),
                ErrorCode.ARTIFACT_DOWNGRADE,
                "lower major");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aFileThatIsNoJar() throws Exception {
        server.answer(ok("<html>please log in</html>".getBytes(StandardCharsets.UTF_8)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "not a JAR");
        server.answer(ok(Arrays.copyOf(JAR, JAR.length / 2)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "not a JAR");
        server.answer(ok(new byte[0]));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "not a JAR");
        server.answer(ok(TestJar.with("other.properties", "tag=v0.51.8", 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "does not say its version");
        server.answer(ok(TestJar.with("version.properties", "tag=" + "v".repeat(1_000_001), 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "has more than 1000000 bytes");
        server.answer(ok(
                TestJar.with(Map.of("version.properties", "tag=v0.51.8".getBytes(StandardCharsets.UTF_8)), 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "names no main class");
        server.answer(ok(TestJar.with(
                Map.of(
                        "version.properties",
                        "tag=v0.51.8".getBytes(StandardCharsets.UTF_8),
                        TestJar.MANIFEST,
                        "no manifest\n".getBytes(StandardCharsets.UTF_8)),
                1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "manifest cannot be read");
        server.answer(ok(TestJar.with("version.properties", "tag=\\u001b[31mv0.51.8", 1)));
        refused(fetch(null), ErrorCode.ARTIFACT_WRONG, "is not a version of this application");
    }

    @Test
    void aLengthAboveTheCap() throws Exception {
        server.answer((request, out) -> head(out, "200 OK", "Content-Length: 1000001"));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_WRONG, "has more than 1000000 bytes");
    }

    @Test
    void anEndlessBody() throws Exception {
        server.answer((request, out) -> {
            head(out, "200 OK", "Transfer-Encoding: chunked");
            byte[] chunk = ("8000\r\n" + "x".repeat(0x8000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            while (true) {
                out.write(chunk);
            }
        });
        refused(fetch(SHA256), ErrorCode.ARTIFACT_WRONG, "has more than 1000000 bytes");
        assertThat(world.files()).isEmpty();
    }

    @Test
    void aLengthThatPromisesMoreThanComes() throws Exception {
        server.answer(cut(JAR, JAR.length - 1));
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "broke off");
        assertThat(server.requests()).hasSize(3);
    }

    @Test
    void aLengthThatPromisesLessThanComes() throws Exception {
        server.answer((request, out) -> {
            head(out, "200 OK", "Content-Length: " + (JAR.length - 1));
            out.write(JAR);
        });
        refused(fetch(SHA256), ErrorCode.ARTIFACT_WRONG, "has the SHA-256");
    }

    @Test
    void aBodyWithoutLengthThatIsCut() throws Exception {
        server.answer((request, out) -> {
            head(out, "200 OK", "Connection: close");
            out.write(JAR, 0, 50_000);
        });
        refused(fetch(SHA256), ErrorCode.ARTIFACT_WRONG, "has the SHA-256");
    }

    @Test
    void anAnswerThatNeverBegins() throws Exception {
        beImpatient();
        server.answer((request, out) -> server.awaitClose());
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "sent nothing for too long");
    }

    @Test
    void headersThatDrip() throws Exception {
        beImpatient();
        server.answer((request, out) -> {
            out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.ISO_8859_1));
            for (int i = 0; i < 1_000; i++) {
                out.write("X: y\r\n".getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                // How slow it is, is what the watch is to find out.
                Thread.sleep(20);
            }
        });
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "sent nothing for too long");
    }

    @Test
    void headersWithoutEnd() throws Exception {
        server.answer((request, out) -> {
            out.write("HTTP/1.1 200 OK\r\nX: ".getBytes(StandardCharsets.ISO_8859_1));
            while (true) {
                out.write("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".getBytes(StandardCharsets.ISO_8859_1));
            }
        });
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "broke off");
    }

    @Test
    void aBodyThatStops() throws Exception {
        beImpatient();
        server.answer((request, out) -> {
            head(out, "200 OK", "Content-Length: " + JAR.length);
            out.write(JAR, 0, 50_000);
            out.flush();
            server.awaitClose();
        });
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "too");
    }

    @Test
    void aBodyThatDrips() throws Exception {
        beImpatient();
        server.answer((request, out) -> {
            head(out, "200 OK", "Content-Length: " + JAR.length);
            for (byte one : JAR) {
                out.write(one);
                out.flush();
                // As above.
                Thread.sleep(10);
            }
        });
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "sends too slowly");
    }

    @Test
    void aBodyInAnEncodingNobodyAskedFor() throws Exception {
        server.answer(ok(JAR, "Content-Encoding: gzip"));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "encoding");
    }

    @ParameterizedTest
    @ValueSource(strings = {"500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "429 Too Many"})
    void aServerThatMayRecover(String answer) throws Exception {
        server.answer(status(answer));
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "answers " + answer.substring(0, 3));
        assertThat(server.requests()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"404 Not Found", "403 Forbidden", "401 Unauthorized", "410 Gone", "204 No Content"})
    void aServerThatHasNothing(String answer) throws Exception {
        server.answer(status(answer));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "answers " + answer.substring(0, 3));
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aPartThatNobodyAskedFor() throws Exception {
        server.answer(RawServer.part(JAR, 0, "\"one\""));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "a part of the file that nobody asked for");
    }

    @Test
    void aPortWhereNobodyListens() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        retryable(
                world.fetch(Commands.fetch("v0.51.8", URI.create("http://127.0.0.1:" + port + "/x.jar"), SHA256)),
                ErrorCode.ARTIFACT_UNAVAILABLE,
                "does not accept connections");
    }

    @Test
    void anAnswerThatIsNoHttp() throws Exception {
        server.answer(
                (request, out) -> out.write("220 mail ready\r\n".repeat(200).getBytes(StandardCharsets.UTF_8)));
        retryable(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "broke off");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:1/x.jar",
                "http://[::1]:1/x.jar",
                "http://10.0.0.1/x.jar",
                "http://169.254.169.254/latest/meta-data",
                "file:///etc/shadow",
                "https://127.0.0.2:1/x.jar",
                "https://2130706433/x.jar",
                "https://127.1/x.jar",
                "https://localhost/x.jar",
                "https://[::ffff:127.0.0.1]:1/x.jar",
                "https://user:secret@127.0.0.1/x.jar",
                "jar:file:///etc/shadow!/x",
                "ftp://127.0.0.1/x.jar",
                "https:///x.jar",
                "gopher://127.0.0.1"
            })
    void anAddressThatArtifactsMustNotComeFrom(String address) throws Exception {
        refused(
                world.fetch(Commands.fetch("v0.51.8", URI.create(address), SHA256)),
                ErrorCode.ARTIFACT_ADDRESS_REFUSED,
                "");
        server.answer(status("302 Found", "Location: " + address));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_ADDRESS_REFUSED, "");
    }

    @Test
    void aRedirectWithoutEnd() throws Exception {
        server.answer(status("302 Found", "Location: /again"));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "redirects more than 5 times");
        assertThat(server.requests()).hasSize(6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Location: ", "Location: http://a b/", "X: y"})
    void aRedirectToNowhere(String location) throws Exception {
        server.answer(status("302 Found", location));
        refused(fetch(SHA256), ErrorCode.ARTIFACT_UNAVAILABLE, "not to a valid URL");
    }

    @Test
    void aCommandThatNobodyUnderstands() throws Exception {
        refused(
                world.fetch(Commands.fetch("latest", server.url("/x.jar"), null)),
                ErrorCode.INVALID,
                "is a floating name");
        refused(
                world.fetch(Commands.fetch("../../etc", server.url("/x.jar"), null)),
                ErrorCode.INVALID,
                "is not a version");
        StepCommand unknownEdition =
                Commands.command(StepName.FETCH, Commands.FROM, new Release("v0.51.8", "pro", null, null));
        refused(world.fetch(unknownEdition), ErrorCode.ARTIFACT_UNAVAILABLE, "knows no place");
        assertThat(server.requests()).isEmpty();
    }

    private void beImpatient() throws Exception {
        world.close();
        world = new ArtifactWorld(home, ArtifactWorld.IMPATIENT);
    }

    private StepOutcome fetch(@Nullable String sha256) throws Exception {
        return world.fetch(command(sha256));
    }
}
