package dev.uplift.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.store.ArtifactStore;
import dev.uplift.artifact.testing.Commands;
import dev.uplift.artifact.testing.RawServer;
import dev.uplift.artifact.testing.ServiceResources;
import dev.uplift.artifact.testing.TestJar;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The running service, as hosts and operators see it. */
@QuarkusTest
@QuarkusTestResource(ServiceResources.class)
final class ArtifactServiceTest {
    private static final byte[] JAR = TestJar.of("v0.51.8", 1);
    private static final String SHA256 = TestJar.sha256(JAR);
    private static final String ETAG = "\"" + SHA256 + "\"";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

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

    @AfterAll
    static void close() {
        CLIENT.close();
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
        try (RawServer upstream = new RawServer(RawServer.ok(jar));
                KafkaProducer<String, byte[]> producer =
                        new KafkaProducer<>(client(), new StringSerializer(), new ByteArraySerializer());
                KafkaConsumer<String, byte[]> results =
                        new KafkaConsumer<>(client(), new StringDeserializer(), new ByteArrayDeserializer())) {
            StepCommand command = Commands.fetch("v0.52.1", upstream.url("/metabase.jar"), TestJar.sha256(jar));
            Message message = new Message(
                    command.commandId(),
                    command.step().commandType(command.direction()),
                    URI.create("/uplift/test"),
                    command.installation().id().toString(),
                    Instant.now(),
                    null,
                    command);
            producer.send(WireCodec.encode(Topics.commands(ServiceName.ARTIFACT, "default"), message))
                    .get();
            results.subscribe(List.of(Topics.results(ServiceName.ARTIFACT)));

            Artifact artifact = Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> fetched(results, command), Optional::isPresent)
                    .orElseThrow();

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

    private Map<String, Object> client() {
        return Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "group.id",
                "test",
                "auto.offset.reset",
                "earliest",
                "enable.auto.commit",
                false);
    }

    private static Optional<Artifact> fetched(KafkaConsumer<String, byte[]> results, StepCommand command)
            throws MalformedMessageException {
        for (ConsumerRecord<String, byte[]> record : results.poll(Duration.ofMillis(200))) {
            Message message = WireCodec.decode(record);
            if (message.body() instanceof StepResult.Succeeded succeeded
                    && succeeded.sagaId().equals(command.sagaId())
                    && succeeded.output() instanceof StepOutput.ArtifactsFetched output) {
                return Optional.of(output.artifacts().getFirst());
            }
        }
        return Optional.empty();
    }

    private String text(String path) throws Exception {
        return new String(get("GET", path).body(), StandardCharsets.UTF_8);
    }

    private HttpResponse<byte[]> get(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(root + path)).method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }
}
