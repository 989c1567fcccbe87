/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.orchestrator.inventory.Registration;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** One database belongs to one installation, by whatever names others know it. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class SharedDatabaseTest {
    private final ScriptedWorker worker = ScriptedWorker.shared();

    @Inject
    TestSql sql;

    @Inject
    Registration registrations;

    @Test
    void theSameDatabaseByAnotherNameIsRefused() {
        sameDatabase("alias", "alias-a", "alias-b");
        Fleet.ready("alias-a");

        InstallationStatus refused = Fleet.register("alias-b", "/srv/alias-b", InstallationStatus.State.REFUSED);

        assertThat(refused.problem()).contains("not shown to be another than that of installation alias-a");
        assertThat(Fleet.delete("/api/v1/installations/alias-a").statusCode()).isEqualTo(204);
        Fleet.ready("alias-b");
    }

    @Test
    void aRoleThatIsToldMoreAndOneThatIsToldLessMeetByTheRunOfTheirServer() {
        String run = "postgresql-run:20260728T101500.000001/met";
        worker.databaseOf("met-a", new DatabaseSeen(run, List.of(), run));
        worker.databaseOf("met-b", new DatabaseSeen(id("met"), List.of(), run));
        Fleet.ready("met-a");

        assertThat(Fleet.register("met-b", "/srv/met-b", InstallationStatus.State.REFUSED)
                        .problem())
                .contains("not shown to be another than that of installation met-a");
    }

    @Test
    void aCopyIsRegisteredWhereALockShowsThatItIsAnother() {
        sameDatabase("copied", "copied-a");
        UUID original = Fleet.ready("copied-a").id();
        worker.databaseOf("copied-b", new DatabaseSeen(id("copied"), List.of(original)));

        Fleet.ready("copied-b");

        for (String name : List.of("copied-a", "copied-b")) {
            worker.databaseOf(name, new DatabaseSeen(id("copied")));
            Fleet.await(Fleet.upgrade(name), UpgradeStatus.State.COMPLETED);
        }
        sameDatabase("copied", "copied-c");
        assertThat(Fleet.register("copied-c", "/srv/copied-c", InstallationStatus.State.REFUSED)
                        .problem())
                .contains("not shown to be another than that of installation copied-");
    }

    @Test
    void aRefusedRegistrationTakesTheFenceFromNobody() {
        UUID owner = Fleet.ready("fenced").id();

        InstallationStatus refused = Fleet.register("thief-of-it", "/srv/fenced", InstallationStatus.State.REFUSED);

        assertThat(refused.problem()).contains("installation fenced");
        assertThat(worker.fenceIn("/srv/fenced")).isEqualTo(owner);
        Fleet.await(Fleet.upgrade("fenced"), UpgradeStatus.State.COMPLETED);
    }

    @Test
    void theFenceOfWhatIsGoneIsTakenAndThatOfWhatIsNotKnownIsNot() {
        UUID gone = Fleet.ready("goes").id();
        assertThat(Fleet.delete("/api/v1/installations/goes").statusCode()).isEqualTo(204);
        assertThat(worker.fenceIn("/srv/goes")).isEqualTo(gone);
        // The retention is over.
        sql.execute("DELETE FROM removal WHERE installation_id = ?", gone);
        UUID next = Fleet.register("next", "/srv/goes", InstallationStatus.State.READY)
                .id();
        assertThat(worker.fenceIn("/srv/goes")).isEqualTo(next);

        UUID stranger = UUID.randomUUID();
        worker.fence("/srv/strange", stranger);
        assertThat(Fleet.register("strange", "/srv/strange", InstallationStatus.State.REFUSED)
                        .problem())
                .contains(stranger.toString(), "not known here");
        assertThat(worker.fenceIn("/srv/strange")).isEqualTo(stranger);

        assertThat(Fleet.post(
                                "/api/v1/installations",
                                new RegisterInstallation(
                                        "strange",
                                        "metabase",
                                        null,
                                        null,
                                        "/srv/strange",
                                        null,
                                        null,
                                        null,
                                        null,
                                        new Reason("alice", "its Uplift is gone"),
                                        null))
                        .statusCode())
                .isEqualTo(202);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> Fleet.installation("strange").state() == InstallationStatus.State.READY);
        assertThat(worker.fenceIn("/srv/strange"))
                .isEqualTo(Fleet.installation("strange").id());
    }

    @Test
    void aWishThatNobodyAnsweredLetsNoNodeTakeAFence() {
        UUID idle = Fleet.ready("idle").id();
        UUID wishing = Fleet.ready("wishing").id();
        worker.fence("/srv/idle", idle);
        wish(wishing, "wishing", Duration.ZERO);

        Fleet.post("/api/v1/installations/wishing/nodes", new AddNode(null, "/srv/idle", null, null, null, null));

        assertThat(Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .until(
                                () -> Fleet.installation("wishing"),
                                status -> status.state() == InstallationStatus.State.READY)
                        .problem())
                .contains("it belongs to installation idle");
        assertThat(worker.fenceIn("/srv/idle")).isEqualTo(idle);
    }

    @Test
    void aWishEndsWithItsRegistrationOrAfterAnHourInWhichItCouldBeAnswered() {
        UUID waiting = Fleet.ready("waiting").id();
        wish(waiting, "waiting", Duration.ofMinutes(61));
        Fleet.post(
                "/api/v1/installations",
                new RegisterInstallation(
                        "unwelcome",
                        "metabase",
                        null,
                        null,
                        "/srv/refuse",
                        null,
                        null,
                        null,
                        null,
                        new Reason("alice", "its Uplift is gone"),
                        null));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> wishes("unwelcome").equals(List.of("the registration was refused")));
        registrations.expire();
        assertThat(wishes("waiting")).containsExactly("open");

        sql.execute("UPDATE results_watermark SET steady_since = steady_since - interval '2 h'");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> wishes("waiting")
                        .equals(List.of("no swap-service has answered for 1 h; it may still be taken")));
    }

    private void wish(UUID id, String installation, Duration ago) {
        sql.execute(
                "INSERT INTO fence_taking (id, installation_id, installation, wish, asked_at) VALUES"
                        + " (gen_random_uuid(), ?, ?, CAST(? AS jsonb), now() - ? * interval '1 minute')",
                id,
                installation,
                Columns.json(new Reason("alice", "once")),
                ago.toMinutes());
    }

    private List<String> wishes(String installation) {
        return sql.list(
                String.class,
                "SELECT coalesce(problem, 'open') FROM fence_taking WHERE installation = ?",
                installation);
    }

    @Test
    void anOperatorTakesAFenceBackAndItIsToldByWhomAndWhy() {
        UUID owner = Fleet.ready("robbed").id();
        UUID thief = UUID.randomUUID();
        worker.fence("/srv/robbed", thief);

        FenceTakingStatus taken = takeFence("robbed");

        assertThat(worker.fenceIn("/srv/robbed")).isEqualTo(owner);
        assertThat(taken.problem()).isNull();
        assertThat(Objects.requireNonNull(taken.taken()).from()).containsExactly(thief);
        assertThat(Fleet.get("/api/v1/incidents?q=robbed").jsonPath().getString("content[0].problem"))
                .contains(thief.toString(), "by alice: it was stolen");
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(TopicReader.records(Topics.EVENTS, owner.toString()))
                        .anyMatch(record -> new String(
                                        record.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8)
                                .equals(MessageType.INSTALLATION_FENCE_TAKEN)));
    }

    @Test
    void aFenceIsNotTakenFromAnInstallationThatIsBeingUpgraded() {
        Fleet.ready("wants");
        UUID busy = Fleet.ready("upgraded-meanwhile").id();
        worker.script("upgraded-meanwhile", command -> new ScriptedWorker.Reply.Silence());
        UUID upgrade = Fleet.upgrade("upgraded-meanwhile");
        worker.fence("/srv/wants", busy);

        assertThat(takeFence("wants").problem()).contains("it is spared");

        assertThat(worker.fenceIn("/srv/wants")).isEqualTo(busy);
        worker.script("upgraded-meanwhile", command -> new ScriptedWorker.Reply.Success());
        worker.succeed(worker.await("upgraded-meanwhile", StepName.PREFLIGHT));
        Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
    }

    private static FenceTakingStatus takeFence(String installation) {
        String path = "/api/v1/installations/" + installation + "/fence";
        FenceTakingStatus asked =
                Fleet.read(Fleet.post(path, new Reason("alice", "it was stolen")), FenceTakingStatus.class);
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> Stream.of(Fleet.read(Fleet.get(path), FenceTakingStatus[].class))
                                .filter(taking -> taking.id().equals(asked.id()))
                                .findFirst()
                                .orElseThrow(),
                        taking -> taking.taken() != null || taking.problem() != null);
    }

    @Test
    void ofManyRegistrationsOfOneDatabaseAtOnceOneIsReady() {
        List<String> names = List.of("at-once-a", "at-once-b", "at-once-c", "at-once-d");
        sameDatabase("at-once", names.toArray(String[]::new));

        names.parallelStream()
                .forEach(name -> Fleet.post(
                        "/api/v1/installations",
                        new RegisterInstallation(name, "metabase", null, null, "/srv/" + name)));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> names.stream()
                        .map(name -> Fleet.installation(name).state())
                        .noneMatch(state -> state == InstallationStatus.State.REGISTERING));
        assertThat(names.stream().map(name -> Fleet.installation(name).state()))
                .containsOnlyOnce(InstallationStatus.State.READY);
    }

    @Test
    void ofTwoThatWereRegisteredBeforeItWasAskedOneIsUpgraded() {
        registeredLongAgo("old-a", "old-b");
        sameDatabase("old", "old-a", "old-b");

        AcceptedSagas both = Fleet.read(
                Fleet.post(
                        "/api/v1/upgrades", Map.of("installations", List.of("old-a", "old-b"), "version", "v0.51.2")),
                AcceptedSagas.class);

        List<UpgradeStatus> ended = both.accepted().stream()
                .map(saga ->
                        Fleet.await(saga.upgradeId(), status -> status.state().isFinal()))
                .toList();
        assertThat(ended)
                .extracting(UpgradeStatus::state)
                .containsExactlyInAnyOrder(UpgradeStatus.State.COMPLETED, UpgradeStatus.State.ROLLED_BACK);
        UpgradeStatus upgraded = only(ended, UpgradeStatus.State.COMPLETED);
        UpgradeStatus refused = only(ended, UpgradeStatus.State.ROLLED_BACK);
        assertThat(Objects.requireNonNull(refused.failure()).code()).isEqualTo(ErrorCode.PREFLIGHT_REFUSED);
        assertThat(refused.failure().detail()).contains("is that of installation " + upgraded.installation());
        assertThat(worker.steps(refused.installation())).containsExactly(StepName.PREFLIGHT.name());
    }

    @Test
    void aDryRunSaysThatTheDatabaseIsAnothersAndOneOfTheOtherIsNotDisturbed() {
        registeredLongAgo("seen-a", "seen-b");
        sameDatabase("seen", "seen-a", "seen-b");
        assertThat(identityCheck("seen-a")).isEmpty();

        assertThat(identityCheck("seen-b")).hasValueSatisfying(check -> {
            assertThat(check.verdict()).isEqualTo(Check.Verdict.FAIL);
            assertThat(check.detail()).contains("is that of installation seen-a");
        });
        Fleet.await(Fleet.upgrade("seen-a"), UpgradeStatus.State.COMPLETED);
    }

    @Test
    void aDatabaseThatHasMovedIsFreeForOthersWhereItWas() {
        worker.databaseOf("moves", new DatabaseSeen(id("moves-before")));
        Fleet.ready("moves");
        worker.databaseOf("moves", new DatabaseSeen(id("moves-after")));
        Fleet.await(Fleet.upgrade("moves"), UpgradeStatus.State.COMPLETED);

        worker.databaseOf("comes", new DatabaseSeen(id("moves-before")));
        assertThat(Fleet.ready("comes").problem()).isNull();
        worker.databaseOf("follows", new DatabaseSeen(id("moves-after")));
        Fleet.register("follows", "/srv/follows", InstallationStatus.State.REFUSED);
    }

    private static Optional<Check> identityCheck(String name) {
        UUID plan = Fleet.accepted(
                Fleet.post("/api/v1/plans", Map.of("installations", List.of(name), "version", "v0.51.2")));
        UpgradeStatus ended = Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> Fleet.read(Fleet.get("/api/v1/plans/" + plan), UpgradeStatus.class),
                        status -> status.state().isFinal());
        return ended.steps().stream()
                .map(UpgradeStatus.StepStatus::output)
                .flatMap(output ->
                        output instanceof StepOutput.NodesChecked checked ? checked.checks().stream() : Stream.empty())
                .filter(check -> check.name().equals("database.identity"))
                .findFirst();
    }

    private static UpgradeStatus only(List<UpgradeStatus> all, UpgradeStatus.State state) {
        return all.stream()
                .filter(status -> status.state() == state)
                .findFirst()
                .orElseThrow();
    }

    private void sameDatabase(String database, String... installations) {
        for (String installation : installations) {
            worker.databaseOf(installation, new DatabaseSeen(id(database)));
        }
    }

    private static String id(String database) {
        return "postgresql:7312345678901234567/" + database;
    }

    /** On databases of other names, whose own word is not known. */
    private void registeredLongAgo(String... names) {
        for (String name : names) {
            InstallationSpec spec = new InstallationSpec(
                    UUID.randomUUID(),
                    name,
                    "metabase",
                    "default",
                    List.of(new NodeSpec.JarProcess(
                            "node-1",
                            NodeSpec.LOCAL,
                            "/srv/" + name,
                            "metabase.jar",
                            URI.create("http://127.0.0.1:3000"))),
                    new DatabaseSpec.PostgreSql(name, 5432, "metabase", "metabase", null));
            Fleet.insert(sql, spec, spec.databaseIdentity());
        }
    }
}
