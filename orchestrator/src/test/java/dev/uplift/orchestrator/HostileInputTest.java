/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.uplift.contract.Json;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Everything that can be asked, asked wrongly in every way: each endpoint of the OpenAPI document and each topic that is
 * consumed. Whatever comes is refused in one line as a problem, or an incident, and changes nothing.
 */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class HostileInputTest {
    private static final ScriptedWorker WORKER = ScriptedWorker.shared();
    private static final String CANARY = "c4nary-s3cret";
    private static final UUID NOBODY = new UUID(0, 7);
    private static final String HOST = "{\"host\":{\"kind\":\"ssh\",\"name\":\"h\",\"address\":\"h\",\"port\":22,"
            + "\"user\":\"root\",\"hostKey\":\"none\",\"keyRef\":\"file:/k\"},\"site\":\"default\"}";
    private static final String UPGRADE = "{\"profile\":\"metabase\","
            + "\"installations\":[\"nobody\"],\"version\":\"v0.51.1\",\"edition\":\"oss\",\"url\":\"https://x.org/x.jar\","
            + "\"sha256\":\"" + "a".repeat(64) + "\",\"images\":{},\"limits\":null}";

    /** A request to each endpoint that is well formed and changes nothing, as what it is about does not exist. */
    private static final Map<String, @Nullable String> ENDPOINTS = new TreeMap<>();

    static {
        none("GET /api/v1/backups", "GET /api/v1/events", "GET /api/v1/hosts", "GET /api/v1/hosts/{name}");
        none("GET /api/v1/hosts/{name}/discoveries/{id}", "GET /api/v1/incidents", "GET /api/v1/installations");
        none(
                "GET /api/v1/installations/{nameOrId}",
                "GET /api/v1/installations/{nameOrId}/fence",
                "GET /api/v1/plans/{id}",
                "GET /api/v1/releases",
                "GET /api/v1/upgrades");
        none("GET /api/v1/upgrades/{id}", "DELETE /api/v1/hosts/{name}", "DELETE /api/v1/installations/{nameOrId}");
        none("DELETE /api/v1/installations/{nameOrId}/nodes/{node}", "POST /api/v1/hosts/{name}/discoveries");
        none("POST /api/v1/upgrades/{id}/cancel", "POST /api/v1/upgrades/{id}/retry");
        ENDPOINTS.put("POST /api/v1/hosts", HOST);
        ENDPOINTS.put("PUT /api/v1/hosts/{name}", HOST);
        ENDPOINTS.put(
                "POST /api/v1/installations",
                "{\"name\":\"n\",\"profile\":\"metabase\",\"site\":\"default\",\"pid\":1,\"directory\":\"/srv/n\","
                        + "\"host\":\"nobody\",\"unit\":\"n.service\",\"container\":\"n\",\"extractH2\":false}");
        ENDPOINTS.put(
                "POST /api/v1/installations/{nameOrId}/nodes",
                "{\"pid\":1,\"directory\":\"/srv/n\",\"host\":\"nobody\",\"unit\":\"n.service\",\"container\":\"n\"}");
        ENDPOINTS.put("POST /api/v1/installations/{nameOrId}/fence", "{\"by\":\"n\",\"reason\":\"n\"}");
        ENDPOINTS.put("POST /api/v1/releases/{sha256}/forget", "{\"by\":\"n\",\"reason\":\"n\"}");
        ENDPOINTS.put("POST /api/v1/plans", UPGRADE);
        ENDPOINTS.put("POST /api/v1/upgrades", UPGRADE);
        ENDPOINTS.put("POST /api/v1/restores", "{\"installation\":\"nobody\",\"backupId\":\"" + NOBODY + "\"}");
    }

    /** What is no URI at all Quarkus refuses before everything else, without a body. */
    private static final Set<String> NO_URI = Set.of("%zz", "%");

    private static final List<String> HOSTILE_WORDS = List.of(
            "%00",
            "a%00b",
            "%ff",
            "%c0%af",
            "%ed%a0%80",
            "%zz",
            "%",
            "..%2f..%2fetc%2fpasswd",
            "%0d%0aSet-Cookie:%20a=b",
            "%1b%5B31m",
            "%3Cscript%3Ealert(1)%3C/script%3E",
            "%27%20OR%201=1--",
            "%25%5F%5C",
            "%E2%80%AE",
            "%F0%9F%92%A9",
            "-1",
            "abc",
            "1e3",
            "99999999999999999999",
            "x".repeat(3_000));

    private static final List<String> HOSTILE_VALUES = List.of(
            "null",
            "7",
            "-1",
            "1e400",
            "true",
            "[]",
            "[null]",
            "{}",
            "{\"@class\":\"javax.script.ScriptEngineManager\"}",
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"a\\r\\nSet-Cookie: b\"",
            "\"\\u001b[31m\"",
            "\"\\u202e\"",
            "\"\\ud800\"",
            "\"<script>alert(1)</script>\"",
            "\"../../etc/cron.d/x\"",
            "\"--now\"",
            "\"a.service;reboot\"",
            "\"-v/:/h\"",
            "\"https://user:" + CANARY + "@example.org/x.jar\"",
            "\"https://" + CANARY + "@example.org/x.jar\"",
            "\"https://example.org/x.jar?access_token=" + CANARY + "\"",
            "\"x sslmode=disable password=" + CANARY + "\"",
            "\"" + "x".repeat(5_000) + "\"",
            "[".repeat(100) + "]".repeat(100));

    @Inject
    TestSql sql;

    @Test
    void everyEndpointHasARow() {
        assertThat(operations().keySet()).isEqualTo(ENDPOINTS.keySet());
    }

    @TestFactory
    Stream<DynamicTest> everyEndpointRefusesWhatIsHostile() {
        return operations().entrySet().stream()
                .map(operation -> DynamicTest.dynamicTest(
                        operation.getKey(), () -> attack(operation.getKey(), operation.getValue())));
    }

    private void attack(String endpoint, JsonNode operation) throws IOException {
        List<Long> before = counts();
        String method = endpoint.substring(0, endpoint.indexOf(' '));
        String template = endpoint.substring(endpoint.indexOf(' ') + 1);
        String path = template.replaceAll("\\{\\w+}", NOBODY.toString());
        String body = ENDPOINTS.get(endpoint);
        String json = "Content-Type: application/json\r\n";

        refused(method, path + "?unknown=1", json, body, 400, "unknown parameter unknown");
        refused(method, path, json + "Host: evil.example\r\n", body, 421, "request.foreign-host");
        refused(method, path, json + "Origin: https://evil.example\r\n", body, 403, "request.foreign-page");
        refused(method, path, json + "Origin: null\r\n", body, 403, "request.foreign-page");
        refused(method, path, json + "Sec-Fetch-Site: cross-site\r\n", body, 403, "request.foreign-page");
        refused(method, path, "Content-Type: text/plain\r\n", "{}", 415, "request.media-type");
        refused(method, path, "Content-Type: application/x-www-form-urlencoded\r\n", "a=b", 415, "request.media-type");
        refused(method, path, "", "{}", 415, "request.media-type");
        for (String word : HOSTILE_WORDS) {
            if (template.contains("{")) {
                harmless(method, template.replaceFirst("\\{\\w+}", word).replaceAll("\\{\\w+}", "x"), json, body);
                harmless(method, template.replaceAll("\\{\\w+}$", word).replaceAll("\\{\\w+}", "nobody"), json, body);
            }
            for (JsonNode parameter : operation.path("parameters")) {
                if (parameter.path("in").asText().equals("query")) {
                    String name = parameter.path("name").asText();
                    harmless(method, path + "?" + name + "=" + word, json, body);
                    boolean number = parameter.at("/schema/type").toString().contains("integer");
                    if (number && !NO_URI.contains(word)) {
                        refused(method, path + "?" + name + "=" + word, json, body, 400, "request.invalid");
                    }
                }
            }
        }
        if (body != null) {
            attackBody(method, path, json, (ObjectNode) Json.mapper().readTree(body));
        }
        assertThat(counts()).as(endpoint).isEqualTo(before);
    }

    private static void attackBody(String method, String path, String json, ObjectNode body) throws IOException {
        for (String text :
                List.of("", "{", "nul", "7", "\"x\"", "[]", "[" + body + "]", "null", body + "x", "\u0000")) {
            refused(method, path, json, text, 400, "request.");
        }
        refused(method, path, json, "[".repeat(10_000), 400, "request.");
        // What else is wrong with a body is said first.
        boolean sound = !body.path("host").isObject();
        refused(
                method,
                path,
                json,
                body.deepCopy().put("sha265", "x").toString(),
                400,
                sound ? "the unknown field sha265" : "request.invalid");
        refused(
                method,
                path,
                json,
                body.deepCopy().put("@class", "java.net.URL").toString(),
                400,
                "request.invalid");
        refused(
                method,
                path,
                json,
                body.toString().replaceFirst("\\{", "{\"x\\\\r\\\\n\":1,"),
                400,
                sound ? "an unknown field" : "request.invalid");
        for (Map.Entry<String, JsonNode> field : body.properties()) {
            for (String value : HOSTILE_VALUES) {
                ObjectNode hostile = body.deepCopy();
                hostile.putRawValue(field.getKey(), new RawValue(value));
                denied(method, path, json, hostile.toString());
                if (field.getValue().isObject()) {
                    for (Map.Entry<String, JsonNode> inner : field.getValue().properties()) {
                        hostile = body.deepCopy();
                        ((ObjectNode) hostile.get(field.getKey())).putRawValue(inner.getKey(), new RawValue(value));
                        denied(method, path, json, hostile.toString());
                    }
                }
            }
        }
        if (body.has("version")) {
            // Of itself only: what has the id of an earlier request is not looked at.
            for (String value : HOSTILE_VALUES) {
                denied(
                        method,
                        path,
                        json,
                        body.deepCopy()
                                .putRawValue("requestId", new RawValue(value))
                                .toString());
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> everyConsumedTopicSurvivesWhatIsHostile() throws Exception {
        Set<String> topics = consumedTopics();
        assertThat(topics).contains(Topics.TRIGGERS).hasSizeGreaterThan(1);
        return topics.stream().map(topic -> DynamicTest.dynamicTest(topic, () -> attack(topic)));
    }

    private void attack(String topic) {
        List<Long> before = counts();
        int seen = incidents(topic).size();
        String mark = UUID.randomUUID().toString();
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        records.add(new ProducerRecord<>(topic, mark, null));
        records.add(new ProducerRecord<>(topic, mark, bytes("{}")));
        for (String name : List.of("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject")) {
            for (String value : List.of("", "\u0000", "x\r\ny", "<script>", "x".repeat(3_000))) {
                Map<String, String> headers = headers(MessageType.UPGRADE_REQUESTED, mark);
                headers.put(name, value);
                records.add(message(topic, mark, headers, UPGRADE));
            }
            Map<String, String> headers = headers(MessageType.UPGRADE_REQUESTED, mark);
            headers.remove(name);
            records.add(message(topic, mark, headers, UPGRADE));
            ProducerRecord<String, byte[]> twice =
                    message(topic, mark, headers(MessageType.UPGRADE_REQUESTED, mark), UPGRADE);
            twice.headers().add(name, bytes("x"));
            records.add(twice);
        }
        for (String type : List.of(
                MessageType.UPGRADE_REQUESTED,
                MessageType.STEP_SUCCEEDED,
                MessageType.UPGRADE_STATUS,
                MessageType.COMMAND_REFUSED,
                "rollout.requested")) {
            for (String body :
                    List.of("", "{", "[]", "null", "7", "[".repeat(10_000), "{\"version\":\"" + "v".repeat(900_000))) {
                records.add(message(topic, mark, headers(type, mark), body));
            }
        }
        records.add(message(
                topic,
                mark,
                headers(MessageType.UPGRADE_REQUESTED, mark),
                UPGRADE.replace("https://x.org", "https://user:" + CANARY + "@x.org")));
        records.forEach(WORKER::send);

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(incidents(topic)).hasSizeGreaterThanOrEqualTo(seen + records.size()));
        assertThat(incidents(topic)).allSatisfy(HostileInputTest::isOneHarmlessLine);
        assertThat(counts()).isEqualTo(before);
    }

    @Test
    void aMessageThatReusesAnIdIsSeen() {
        String mark = UUID.randomUUID().toString();
        Map<String, String> headers = headers(MessageType.UPGRADE_REQUESTED, mark);
        WORKER.send(message(Topics.TRIGGERS, mark, headers, UPGRADE));
        WORKER.send(message(Topics.TRIGGERS, mark, headers, UPGRADE.replace("{\"profile\"", "{ \"profile\"")));
        WORKER.send(message(Topics.TRIGGERS, mark, headers, UPGRADE.replace("v0.51.1", "v0.51.2")));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(TopicReader.records(Topics.deadLetters(Topics.TRIGGERS), mark))
                        .hasSize(1));
        assertThat(incidents(Topics.TRIGGERS))
                .filteredOn(problem -> problem.contains("ce_id is that of an earlier message"))
                .hasSize(1);
    }

    @Test
    void aMisspeltPinIsNotLeftOut() {
        String detail = Fleet.postText(
                        "/api/v1/upgrades",
                        "{\"installations\":[\"nobody\"],\"version\":\"v0.51.1\",\"sha265\":\"" + "a".repeat(64)
                                + "\"}")
                .jsonPath()
                .getString("detail");
        assertThat(detail).contains("unknown field sha265; did you mean sha256?");
        assertThat(Fleet.postText(
                                "/api/v1/restores",
                                "{\"installation\":\"nobody\",\"backupId\":\"" + NOBODY + "\",\"backupid\":1}")
                        .jsonPath()
                        .getString("detail"))
                .contains("it has the unknown field backupid; did you mean backupId?");
        assertThat(Fleet.get("/api/v1/upgrades?instalation=x").jsonPath().getString("detail"))
                .isEqualTo("the query has the unknown parameter instalation; did you mean installation?");
    }

    /** The endpoints of the OpenAPI document by method and path. */
    private static Map<String, JsonNode> operations() {
        Map<String, JsonNode> operations = new TreeMap<>();
        JsonNode paths =
                Fleet.read(given().get("/openapi?format=json"), JsonNode.class).path("paths");
        for (Map.Entry<String, JsonNode> path : paths.properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                operations.put(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), operation.getValue());
            }
        }
        return operations;
    }

    /** What the orchestrator's own consumers read. */
    private static Set<String> consumedTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                ConfigProvider.getConfig().getValue("uplift.kafka.bootstrap-servers", String.class)))) {
            List<String> groups = admin.listGroups().all().get().stream()
                    .map(GroupListing::groupId)
                    .filter(group -> group.startsWith("uplift.orchestrator."))
                    .toList();
            Set<String> topics = new TreeSet<>();
            admin.describeConsumerGroups(groups).all().get().values().stream()
                    .flatMap(group -> group.members().stream())
                    .flatMap(member -> member.assignment().topicPartitions().stream())
                    .forEach(partition -> topics.add(partition.topic()));
            return topics;
        }
    }

    /** Refused with this status, and these words in its problem. */
    private static void refused(
            String method, String path, String headers, @Nullable String body, int status, String words)
            throws IOException {
        Answer answer = send(method, path, headers, body);
        assertThat(answer.status()).as("%s %s%n%s", method, path, answer.text()).isEqualTo(status);
        assertThat(answer.text()).as("%s %s", method, path).contains(words);
        isProblem(method, path, answer);
    }

    /** Refused. */
    private static void denied(String method, String path, String headers, String body) throws IOException {
        Answer answer = send(method, path, headers, body);
        assertThat(answer.status())
                .as("%s %s %s%n%s", method, path, body, answer.text())
                .isBetween(400, 499);
        isProblem(method, path, answer);
    }

    /** Refused, or answered without any effect. */
    private static void harmless(String method, String path, String headers, @Nullable String body) throws IOException {
        Answer answer = send(method, path, headers, body);
        assertThat(answer.status()).as("%s %s%n%s", method, path, answer.text()).isLessThan(500);
        if (answer.status() >= 400 && NO_URI.stream().noneMatch(word -> (path + "/").contains(word + "/"))) {
            isProblem(method, path, answer);
        }
    }

    private static void isProblem(String method, String path, Answer answer) {
        assertThat(answer.text())
                .as("%s %s", method, path)
                .containsIgnoringCase("content-type: application/problem+json")
                .contains("\"code\":\"", "\"detail\":\"");
        isOneHarmlessLine(answer.text().substring(answer.text().indexOf("\r\n\r\n") + 4));
    }

    private static void isOneHarmlessLine(String text) {
        assertThat(text)
                .doesNotContain(CANARY, "Exception", "dev.uplift", "java.", "\tat ", "\r", "\n", "\u001b", "\u0000")
                .doesNotContain("\\r", "\\n", "\\u001b", "\\u0000");
    }

    private record Answer(int status, String text) {}

    /** As it is, without a client that would mend it. */
    private static Answer send(String method, String path, String headers, @Nullable String body) throws IOException {
        byte[] content = body == null ? new byte[0] : bytes(body);
        String head = method + " " + path + " HTTP/1.1\r\n"
                + (headers.contains("Host: ") ? "" : "Host: localhost:" + RestAssured.port + "\r\n")
                + (body == null ? headers.replace("Content-Type: application/json\r\n", "") : headers)
                + (body == null ? "" : "Content-Length: " + content.length + "\r\n") + "Connection: close\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes(head));
            socket.getOutputStream().write(content);
            socket.getOutputStream().flush();
            StringBuilder text = new StringBuilder();
            byte[] part = new byte[8_192];
            for (int n = socket.getInputStream().read(part);
                    n > 0;
                    n = socket.getInputStream().read(part)) {
                text.append(new String(part, 0, n, StandardCharsets.UTF_8));
                if (text.indexOf("text/event-stream") >= 0) {
                    break;
                }
            }
            return new Answer(Integer.parseInt(text.substring(9, 12)), text.toString());
        }
    }

    private static Map<String, String> headers(String type, String subject) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("ce_specversion", "1.0");
        headers.put("ce_id", UUID.randomUUID().toString());
        headers.put("ce_type", type);
        headers.put("ce_source", "/ci");
        headers.put("ce_subject", subject);
        return headers;
    }

    private static ProducerRecord<String, byte[]> message(
            String topic, String key, Map<String, String> headers, String body) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, key, bytes(body));
        headers.forEach((name, value) -> record.headers().add(name, bytes(value)));
        return record;
    }

    private Collection<String> incidents(String topic) {
        return sql.list(String.class, "SELECT problem FROM incident WHERE source LIKE ?", topic + "/%");
    }

    /** How much there is of everything that a request can change. */
    private List<Long> counts() {
        return Stream.of(
                        "installation",
                        "saga",
                        "host",
                        "discovery",
                        "backup",
                        "removal",
                        "gone",
                        "fence_taking",
                        "request WHERE finished_at IS NULL AND source IS NULL AND 'nobody' = ANY (targets)")
                .map(table -> sql.one(Long.class, "SELECT count(*) FROM " + table))
                .toList();
    }

    private static void none(String... endpoints) {
        for (String endpoint : endpoints) {
            ENDPOINTS.put(endpoint, null);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
