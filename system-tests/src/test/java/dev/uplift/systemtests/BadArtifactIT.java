/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.systemtests.Rest.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An artifact that is not what was asked for never gets near the application. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadArtifactIT {
    private static final String NAME = Bystander.NAME;
    private static final String NO_HASH = "0".repeat(64);

    private final Product product = Product.shared();
    private final Bystander bystander = Bystander.shared();
    private final CountDownLatch released = new CountDownLatch(1);
    private HttpServer mirror;

    @BeforeAll
    void start() throws IOException {
        mirror = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        mirror.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        mirror.createContext("/html", exchange -> {
            byte[] page = "<html><title>Sign in</title></html>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, page.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(page);
            }
        });
        mirror.createContext("/inwards", exchange -> {
            exchange.getResponseHeaders().add("Location", "http://169.254.169.254/latest/meta-data");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        mirror.createContext("/slow", exchange -> {
            try {
                assertThat(released.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        mirror.start();
    }

    @AfterAll
    void close() {
        mirror.stop(0);
    }

    @BeforeEach
    void look() {
        bystander.look();
    }

    @AfterEach
    void theApplicationHasNotNoticed() {
        bystander.requireUntouched();
    }

    Stream<Arguments> artifacts() {
        StandInRelease good = Dashboard.release(product, "v0.51.6");
        StandInRelease lower = Dashboard.release(product, "v0.49.6");
        StandInRelease paid = Dashboard.release(product, "v1.51.6");
        URI missing = product.download(product.downloadDirectory().resolve("v0.51.6/nothing.jar"));
        return Stream.of(
                Arguments.of(
                        "another hash", "v0.51.6", product.download(good.jar()), NO_HASH, ErrorCode.ARTIFACT_WRONG),
                Arguments.of(
                        "another version in the JAR",
                        "v0.51.5",
                        product.download(good.jar()),
                        good.sha256(),
                        ErrorCode.ARTIFACT_WRONG),
                Arguments.of(
                        "another edition in the JAR",
                        "v0.51.6",
                        product.download(paid.jar()),
                        paid.sha256(),
                        ErrorCode.ARTIFACT_WRONG),
                Arguments.of(
                        "a lower major in the JAR",
                        "v0.51.6",
                        product.download(lower.jar()),
                        lower.sha256(),
                        ErrorCode.ARTIFACT_WRONG),
                Arguments.of("no such file", "v0.51.6", missing, null, ErrorCode.ARTIFACT_UNAVAILABLE),
                Arguments.of(
                        "a file of the host",
                        "v0.51.6",
                        URI.create("file:///etc/passwd"),
                        null,
                        ErrorCode.ARTIFACT_ADDRESS_REFUSED),
                Arguments.of(
                        "an address inside",
                        "v0.51.6",
                        URI.create("https://[::ffff:127.0.0.1]/metabase.jar"),
                        null,
                        ErrorCode.ARTIFACT_ADDRESS_REFUSED),
                Arguments.of(
                        "a redirect inwards", "v0.51.6", mirror("/inwards"), null, ErrorCode.ARTIFACT_ADDRESS_REFUSED),
                Arguments.of("a page instead of a JAR", "v0.51.6", mirror("/html"), null, ErrorCode.ARTIFACT_WRONG));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("artifacts")
    void anArtifactThatIsNotWhatWasAskedForIsNotInstalled(
            String what, String version, URI url, @Nullable String sha256, ErrorCode code) {
        FileSnapshot store = FileSnapshot.of(product.home().resolve("artifacts/sha256"));

        UpgradeStatus ended = bystander
                .dashboard()
                .awaitEnd(bystander.accepted(bystander.request(version, url, sha256)), Bystander.END_MAX);

        assertThat(ended.state()).as("%s: %s", what, ended).isEqualTo(State.ROLLED_BACK);
        UpgradeStatus.Failure failure = Objects.requireNonNull(ended.failure());
        assertThat(failure.step()).as("%s", failure).isEqualTo(StepName.FETCH);
        assertThat(failure.code()).as("%s", failure).isEqualTo(code);
        assertThat(ended.steps())
                .filteredOn(step -> step.step().compareTo(StepName.FETCH) > 0)
                .isNotEmpty()
                .allMatch(step -> step.state() == StepState.PENDING);
        assertThat(ended.outageBeganAt()).isNull();
        assertThat(FileSnapshot.of(product.home().resolve("artifacts/sha256"))).isEqualTo(store);
    }

    @Test
    void aBusyInstallationIsRefusedUntilItIsFree() {
        UUID first = bystander.accepted(bystander.request("v0.51.7", mirror("/slow"), null));

        Answer second = product.rest().send("POST", "/api/v1/upgrades", Bystander.upgrade(NAME, "v0.51.8", ""));

        assertThat(second.status()).isEqualTo(409);
        assertThat(second.body()).contains("upgrade " + first + " works on it");
        assertThat(product.rest()
                        .send("DELETE", "/api/v1/installations/" + NAME, null)
                        .status())
                .isEqualTo(409);
        released.countDown();
        assertThat(bystander.dashboard().awaitEnd(first, Bystander.END_MAX).state())
                .isEqualTo(State.ROLLED_BACK);
    }

    private URI mirror(String path) {
        return URI.create("http://127.0.0.1:" + mirror.getAddress().getPort() + path + "/metabase.jar");
    }
}
