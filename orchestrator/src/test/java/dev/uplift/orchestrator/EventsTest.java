/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The live feed. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class EventsTest {
    @Inject
    SagaUpkeep upkeep;

    static {
        ScriptedWorker.shared();
    }

    @Test
    void everyTransitionAppearsOnceInOrderAndCanBeReplayed() throws Exception {
        try (Listener listener = new Listener(null)) {
            Awaitility.await().until(listener::isGreeted);
            Fleet.ready("followed");
            UUID upgrade = Fleet.upgrade("followed");
            Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> listener.of(upgrade, "upgrade.transitioned").size() == 12
                            && listener.of(upgrade, "upgrade.status").stream()
                                    .anyMatch(event -> event.data().contains("COMPLETED")));
            List<Event> transitions = listener.of(upgrade, "upgrade.transitioned");
            assertThat(listener.events()).extracting(Event::id).isSorted().doesNotHaveDuplicates();

            try (Listener late = new Listener(Long.toString(transitions.get(3).id()))) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> late.of(upgrade, "upgrade.transitioned").size() >= 8);
                assertThat(late.of(upgrade, "upgrade.transitioned")).isEqualTo(transitions.subList(4, 12));
                assertThat(late.of(upgrade, "upgrade.status")).hasSize(1);
            }
        }
    }

    @Test
    void forgottenInstallationEndsInTheFeedAndOnTheTopics() throws Exception {
        UUID id = Fleet.ready("forgotten").id();
        try (Listener listener = new Listener(null)) {
            Awaitility.await().until(listener::isGreeted);

            assertThat(Fleet.delete("/api/v1/installations/forgotten").statusCode())
                    .isEqualTo(204);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> listener.events().stream()
                            .anyMatch(event -> event.name().equals("installation.removed")
                                    && event.data().contains(id.toString())));
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(TopicReader.records(Topics.STATUS_INSTALLATIONS, id.toString())
                                .getLast()
                                .value())
                        .isNull());
        assertThat(TopicReader.records(Topics.EVENTS, id.toString())).isNotEmpty();
    }

    @Test
    void registrationThatIsAskedForAgainLeavesNothingOfTheRefusedOne() {
        UUID refused = Fleet.register("asked-again", "/srv/refuse", InstallationStatus.State.REFUSED)
                .id();

        Fleet.ready("asked-again");

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(TopicReader.records(Topics.STATUS_INSTALLATIONS, refused.toString())
                                .getLast()
                                .value())
                        .isNull());
    }

    @Test
    void forgottenDryRunEndsOnTheTopic() {
        Fleet.ready("planned-once");
        UUID plan = Fleet.accepted(
                Fleet.post("/api/v1/plans", Map.of("installations", List.of("planned-once"), "version", "v0.51.2")));
        Awaitility.await()
                .until(() -> Fleet.get("/api/v1/plans/" + plan)
                        .jsonPath()
                        .getString("state")
                        .equals("COMPLETED"));

        upkeep.forget(Instant.now());

        assertThat(Fleet.get("/api/v1/plans/" + plan).statusCode()).isEqualTo(404);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(TopicReader.records(Topics.STATUS_UPGRADES, plan.toString())
                                .getLast()
                                .value())
                        .isNull());
    }

    @Test
    void senselessLastEventIdIsRefused() {
        assertThat(RestAssured.given()
                        .header("Last-Event-ID", "yesterday")
                        .get("/api/v1/events")
                        .statusCode())
                .isEqualTo(400);
    }

    record Event(long id, String name, String data) {}

    /** Reads a stream of server-sent events until it is closed. */
    private static final class Listener implements AutoCloseable {
        private final HttpClient http = HttpClient.newHttpClient();
        private final List<Event> events = new CopyOnWriteArrayList<>();
        private final InputStream body;
        private volatile boolean greeted;

        Listener(@Nullable String lastEventId) throws IOException, InterruptedException {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + "/api/v1/events"));
            if (lastEventId != null) {
                request.header("Last-Event-ID", lastEventId);
            }
            body = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream())
                    .body();
            Thread.ofVirtual().start(this::read);
        }

        boolean isGreeted() {
            return greeted;
        }

        List<Event> events() {
            return List.copyOf(events);
        }

        List<Event> of(UUID upgrade, String name) {
            return events.stream()
                    .filter(event -> event.name().equals(name) && event.data().contains(upgrade.toString()))
                    .filter(event ->
                            !name.equals("upgrade.status") || event.data().contains("\"id\":\"" + upgrade))
                    .toList();
        }

        @Override
        public void close() {
            http.shutdownNow();
        }

        private void read() {
            Scanner lines = new Scanner(body, StandardCharsets.UTF_8);
            long id = 0;
            String name = "";
            StringBuilder data = new StringBuilder();
            while (lines.hasNextLine()) {
                String line = lines.nextLine();
                if (line.startsWith(":")) {
                    greeted = true;
                } else if (line.startsWith("id:")) {
                    id = Long.parseLong(line.substring(3).strip());
                } else if (line.startsWith("event:")) {
                    name = line.substring(6).strip();
                } else if (line.startsWith("data:")) {
                    data.append(line.substring(5));
                } else if (line.isEmpty() && !data.isEmpty()) {
                    events.add(new Event(id, name, data.toString()));
                    data.setLength(0);
                }
            }
        }
    }
}
