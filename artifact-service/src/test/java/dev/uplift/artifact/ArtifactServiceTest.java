/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.worker.testing.RunningService;
import dev.uplift.worker.testing.ServiceResources;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The running service, as hosts and operators see it. */
@QuarkusTest
@QuarkusTestResource(
        value = ServiceResources.class,
        initArgs = @ResourceArg(name = "uplift.artifact.allowed-origins", value = "http://127.0.0.1:*"))
final class ArtifactServiceTest {
    private static final byte[] JAR = TestJar.of("v0.51.8", 1);
    private static final String SHA256 = TestJar.sha256(JAR);
    private static final String ETAG = "\"" + SHA256 + "\"";

    @Inject
    ArtifactStore store;

    @ConfigProperty(name = "uplift.kafka.bootstrap-servers")
    @Inject
    String bootstrapServers;

    @TestHTTPResource("/")
    @Nullable
    URI root;

    @BeforeEach
    void storeOne() throws Exception {
        if (store.find(SHA256).isEmpty()) {
            Path file = store.partialDirectory().resolve("test");
            Files.write(file, JAR);
            store.adopt(file, SHA256);
        }
    }

    @Test
    void anArtifactIsServedWholeWithAStrongETag() throws Exception {
        HttpResponse<byte[]> whole = get("GET", "artifacts/" + SHA256);
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.body()).isEqualTo(JAR);
        assertThat(whole.headers().firstValue("ETag")).contains(ETAG);
        assertThat(whole.headers().firstValue("Accept-Ranges")).contains("bytes");

        HttpResponse<byte[]> head = get("HEAD", "artifacts/" + SHA256);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(JAR.length);
    }

    @Test
    void aPartIsServed() throws Exception {
        HttpResponse<byte[]> part = get("GET", "artifacts/" + SHA256, "Range", "bytes=1000-1999");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 1000-1999/" + JAR.length);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(JAR, 1000, 2000));

        assertThat(get("GET", "artifacts/" + SHA256, "Range", "bytes=1000-", "If-Range", ETAG)
                        .body())
                .isEqualTo(Arrays.copyOfRange(JAR, 1000, JAR.length));
        assertThat(get("GET", "artifacts/" + SHA256, "Range", "bytes=1000-", "If-Range", "\"other\"")
                        .body())
                .isEqualTo(JAR);
        HttpResponse<byte[]> behind = get("GET", "artifacts/" + SHA256, "Range", "bytes=" + JAR.length + "-");
        assertThat(behind.statusCode()).isEqualTo(416);
        assertThat(get("GET", "artifacts/" + SHA256, "If-None-Match", ETAG).statusCode())
                .isEqualTo(304);
    }

    @Test
    void nothingElseIsServed() throws Exception {
        for (String path : new String[] {
            "artifacts/" + "0".repeat(64),
            "artifacts/" + SHA256.toUpperCase(java.util.Locale.ROOT),
            "artifacts/..%2f..%2f..%2fetc%2fpasswd",
            "artifacts/%00",
            "artifacts/",
            "artifacts/" + SHA256 + "/x"
        }) {
            assertThat(get("GET", path).statusCode()).describedAs(path).isIn(400, 404);
        }
        assertThat(get("DELETE", "artifacts/" + SHA256).statusCode()).isEqualTo(405);
    }

    @Test
    void aCommandFromKafkaIsAnsweredThere() throws Exception {
        byte[] jar = TestJar.of("v0.52.1", 7);
        try (RawServer upstream = new RawServer(RawServer.ok(jar))) {
            StepResult answer =
                    service().run(Commands.fetch("v0.52.1", upstream.url("/metabase.jar"), TestJar.sha256(jar)));

            StepOutput output = ((StepResult.Succeeded) answer).output();
            Artifact artifact =
                    ((StepOutput.ArtifactsFetched) output).artifacts().getFirst();
            assertThat(artifact.pinned()).isTrue();
            assertThat(get("GET", "artifacts/" + artifact.sha256()).body()).isEqualTo(jar);
            assertThat(artifact.location().getPath()).isEqualTo("/artifacts/" + TestJar.sha256(jar));
            assertThat(text("q/metrics")).contains("uplift_artifact_fetches_total{outcome=\"ok\"");
        }
    }

    @Test
    void healthAndMetricsAreThere() throws Exception {
        assertThat(text("q/health/live")).contains("\"worker\"").contains("\"relay\"");
        HttpResponse<byte[]> ready = get("GET", "q/health/ready");
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(new String(ready.body(), StandardCharsets.UTF_8)).contains("usable_bytes");
        assertThat(text("q/metrics"))
                .contains("uplift_artifact_served_bytes_total")
                .contains("uplift_work_pending");
    }

    private RunningService service() {
        return new RunningService(URI.create(String.valueOf(root)), bootstrapServers);
    }

    private String text(String path) throws Exception {
        return service().text(path);
    }

    private HttpResponse<byte[]> get(String method, String path, String... headers) throws Exception {
        return service().ask(method, path, headers);
    }
}
