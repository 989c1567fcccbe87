/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A message of every type, and of every variant of a type's body. The key is the name of its golden file.
 * A new optional field gets a new variant; an example that has a golden file is never changed.
 */
final class Examples {
    static final UUID INSTALLATION = UUID.fromString("0e8a2c9e-54a8-4f5a-8a53-3f6c1f8f2a01");
    static final UUID SAGA = UUID.fromString("7b1d3c52-9a0b-4d7e-8f10-2c3d4e5f6071");
    private static final UUID DISCOVERY = UUID.fromString("3c2b1a00-2222-4333-8444-555566667777");
    private static final Instant AT = Instant.parse("2026-03-01T10:15:30.250Z");
    private static final URI SOURCE = URI.create("/uplift/test");
    private static final String OLD_JAR = "a".repeat(64);
    private static final String NEW_JAR = "b".repeat(64);
    private static final Release FROM = new Release("v0.50.1", "oss", OLD_JAR, null);
    private static final Release TO =
            new Release("v0.51.8", "oss", NEW_JAR, URI.create("https://downloads.metabase.com/v0.51.8/metabase.jar"));
    private static final Artifact ARTIFACT = new Artifact(
            NEW_JAR, 412_000_000, "v0.51.8", "oss", URI.create("http://127.0.0.1:8481/artifacts/" + NEW_JAR), true);
    private static final String REPOSITORY = "registry.example.org:5000/metabase/metabase";
    private static final Artifact IMAGE = new Artifact(
            "d".repeat(64),
            1_200,
            "v0.51.8",
            "oss",
            URI.create("docker://" + REPOSITORY + "@sha256:" + "d".repeat(64)),
            false);
    private static final Release CLUSTER_FROM =
            new Release("v0.50.1", "oss", OLD_JAR, Map.of(REPOSITORY, "e".repeat(64)), null);
    private static final Release CLUSTER_TO =
            new Release("v0.51.8", "oss", NEW_JAR, Map.of(REPOSITORY, "d".repeat(64)), null);
    private static final Backup BACKUP = new Backup(
            UUID.fromString("55a1b0de-1111-4222-8333-944455566677"),
            "sha256:" + "c".repeat(64),
            73_400_320,
            new Release("v0.50.1", "oss", OLD_JAR, null),
            AT);
    private static final NodeSpec NODE = new NodeSpec.JarProcess(
            "node-1", NodeSpec.LOCAL, "/srv/metabase", "metabase.jar", URI.create("http://127.0.0.1:3000"));
    private static final HostSpec SSH = new HostSpec.Ssh(
            "web1", "web1.example.org", 22, "deploy", "SHA256:" + "k".repeat(43), "file:/etc/uplift/id_ed25519");
    private static final HostSpec ENGINE = new HostSpec.DockerTls(
            "engine",
            URI.create("https://engine.example.org:2376"),
            "file:/etc/uplift/ca.pem",
            "file:/etc/uplift/cert.pem",
            "env:ENGINE_KEY");
    private static final NodeSpec UNIT = new NodeSpec.Systemd(
            "node-2", "web1", "metabase.service", "/srv/metabase", "metabase.jar", URI.create("http://127.0.0.1:3000"));
    private static final NodeSpec CONTAINER =
            new NodeSpec.Docker("node-3", "engine", "metabase", REPOSITORY, URI.create("http://127.0.0.1:3000"));
    private static final DatabaseSpec POSTGRESQL = new DatabaseSpec.PostgreSql(
            "127.0.0.1",
            5432,
            "metabase",
            "metabase",
            "file:/srv/metabase/.uplift/launch.json#/secrets/database-password");
    private static final DatabaseSpec H2 = new DatabaseSpec.H2("local", "/srv/metabase/metabase.db.mv.db", null, null);
    private static final UUID FENCED = UUID.fromString("0e8a2c9e-54a8-4f5a-8a53-3f6c1f8f2a02");
    private static final DatabaseSeen DATABASE_SEEN =
            new DatabaseSeen("postgresql:7312345678901234567/metabase", List.of(FENCED));
    private static final List<Check> CHECKS = List.of(
            new Check("java.version", Check.Verdict.OK, "Java 21 fits"),
            new Check("disk.free", Check.Verdict.WARN, "2.1 GiB are free, 2.0 GiB are needed"));

    private static final LeftOut LEFT_OUT =
            new LeftOut("node-2", ErrorCode.EXITED, "it ended while it started: no memory");

    private Examples() {}

    static Map<String, Message> all() {
        Map<String, Message> all = new LinkedHashMap<>();
        triggers(all);
        for (StepName step : StepName.values()) {
            step.directions().forEach(direction -> command(all, step, direction));
        }
        put(all, "swap.stage.cluster", "swap.stage", clusterCommand(StepName.STAGE));
        put(
                all,
                "artifact.fetch.known",
                "artifact.fetch",
                command(StepName.FETCH, Direction.DO, POSTGRESQL).withKnown(List.of(ARTIFACT, IMAGE)));
        put(all, "backup.preflight.h2", "backup.preflight", command(StepName.PREFLIGHT_DATABASE, Direction.DO, H2));
        results(all);
        inspection(all);
        discovery(all);
        status(all);
        return all;
    }

    /** The wire type of a golden file: its name without the variant. */
    static String typeOf(String name) {
        return MessageType.all().keySet().stream()
                .filter(type -> name.equals(type) || name.startsWith(type + "."))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " begins with no message type"));
    }

    private static void triggers(Map<String, Message> all) {
        put(
                all,
                "upgrade.requested",
                MessageType.UPGRADE_REQUESTED,
                new UpgradeRequested(
                        UUID.fromString("2f1b7a3c-0000-4000-8000-000000000001"),
                        "metabase",
                        List.of("sales", "support"),
                        "v0.51.8",
                        "oss",
                        TO.url(),
                        NEW_JAR,
                        StepLimits.DEFAULT));
        put(
                all,
                "upgrade.requested.images",
                MessageType.UPGRADE_REQUESTED,
                new UpgradeRequested(
                        null,
                        "metabase",
                        List.of("sales"),
                        "v0.51.8",
                        null,
                        null,
                        NEW_JAR,
                        Map.of(REPOSITORY, "d".repeat(64)),
                        null));
        put(
                all,
                "upgrade.requested.way-back",
                MessageType.UPGRADE_REQUESTED,
                new UpgradeRequested(
                        null,
                        null,
                        List.of("sales"),
                        "v0.51.8",
                        null,
                        null,
                        null,
                        new StepLimits(
                                StepLimits.DEFAULT.progressDeadline(),
                                StepLimits.DEFAULT.healthyDeadline(),
                                StepLimits.DEFAULT.minHealthyTime(),
                                StepLimits.DEFAULT.stopGrace(),
                                null,
                                WayBack.MIGRATE_DOWN)));
        put(
                all,
                "upgrade.requested.least",
                MessageType.UPGRADE_REQUESTED,
                new UpgradeRequested(null, null, List.of("*"), "v0.51.8", null, null, null, null));
    }

    private static void command(Map<String, Message> all, StepName step, Direction direction) {
        String type = step.commandType(direction);
        put(all, type, type, command(step, direction, POSTGRESQL));
    }

    private static StepCommand command(StepName step, Direction direction, DatabaseSpec database) {
        return new StepCommand(
                SAGA,
                3,
                step,
                direction,
                1,
                7,
                step.compareTo(StepName.START) > 0,
                step == StepName.LOCATE,
                new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), database),
                FROM,
                TO,
                step.compareTo(StepName.FETCH) > 0 ? List.of(ARTIFACT) : List.of(),
                step.compareTo(StepName.BACKUP) > 0 ? BACKUP : null,
                step == StepName.REINSTATE ? BACKUP : null,
                step == StepName.MIGRATE_DOWN ? new MigratedData(true, BACKUP, false) : null,
                StepLimits.DEFAULT);
    }

    private static StepCommand clusterCommand(StepName step) {
        return new StepCommand(
                SAGA,
                3,
                step,
                Direction.DO,
                1,
                7,
                false,
                false,
                new InstallationSpec(
                        INSTALLATION,
                        "sales",
                        "metabase",
                        "default",
                        List.of(NODE, UNIT, CONTAINER),
                        POSTGRESQL,
                        List.of(SSH, ENGINE)),
                CLUSTER_FROM,
                CLUSTER_TO,
                List.of(ARTIFACT, IMAGE),
                null,
                null,
                null,
                StepLimits.DEFAULT);
    }

    private static void results(Map<String, Message> all) {
        Map<String, StepOutput> outputs = new LinkedHashMap<>();
        outputs.put("step.succeeded", new StepOutput.Nothing());
        outputs.put("step.succeeded.nodes-checked", new StepOutput.NodesChecked(FROM, CHECKS));
        outputs.put(
                "step.succeeded.nodes-checked.composed",
                new StepOutput.NodesChecked(
                        FROM,
                        CHECKS,
                        List.of(new ComposedNode(
                                "node-1",
                                "shop",
                                "metabase",
                                List.of("/srv/shop/docker-compose.yml"),
                                List.of(REPOSITORY + ":v0.50.1", REPOSITORY + "@sha256:" + "e".repeat(64)),
                                REPOSITORY + ":v0.51.8"))));
        outputs.put(
                "step.succeeded.nodes-checked.database",
                new StepOutput.NodesChecked(FROM, CHECKS, List.of(), DATABASE_SEEN));
        outputs.put("step.succeeded.database-checked", new StepOutput.DatabaseChecked("15.15", 73_400_320, CHECKS));
        outputs.put(
                "step.succeeded.artifacts-located",
                new StepOutput.ArtifactsLocated(
                        List.of(
                                new StepOutput.Located(String.valueOf(TO.url()), 412_000_000L, false),
                                new StepOutput.Located("docker://" + REPOSITORY, null, true)),
                        CHECKS));
        outputs.put("step.succeeded.artifacts-fetched", new StepOutput.ArtifactsFetched(List.of(ARTIFACT, IMAGE)));
        outputs.put(
                "step.succeeded.artifacts-fetched.java",
                new StepOutput.ArtifactsFetched(List.of(new Artifact(
                        ARTIFACT.sha256(),
                        ARTIFACT.sizeBytes(),
                        ARTIFACT.version(),
                        ARTIFACT.edition(),
                        ARTIFACT.location(),
                        false,
                        21))));
        outputs.put("step.succeeded.nodes-stopped", new StepOutput.NodesStopped(AT, null));
        outputs.put(
                "step.succeeded.nodes-stopped.released",
                new StepOutput.NodesStopped(AT, "process 4711 had 6 sessions on postgresql:db:5432/metabase"));
        outputs.put("step.succeeded.backed-up", new StepOutput.BackedUp(BACKUP, List.of()));
        outputs.put("step.succeeded.backed-up-and-pruned", new StepOutput.BackedUp(BACKUP, List.of(BACKUP.id())));
        outputs.put(
                "step.succeeded.migrated-down",
                new StepOutput.MigratedDown(true, "the data were migrated down by v0.51.8 and kept"));
        outputs.put("step.succeeded.restored", new StepOutput.Restored(BACKUP.contentHash(), true));
        outputs.put("step.succeeded.backed-up-incompletely", new StepOutput.BackedUp(BACKUP, List.of(), CHECKS));
        outputs.put(
                "step.succeeded.restored-incompletely", new StepOutput.Restored(BACKUP.contentHash(), true, CHECKS));
        outputs.put("step.succeeded.serving", new StepOutput.Serving("v0.51.8", AT));
        outputs.put("step.succeeded.nodes-left-out", new StepOutput.NodesLeftOut(List.of(LEFT_OUT)));
        outputs.forEach((name, output) -> put(
                all,
                name,
                MessageType.STEP_SUCCEEDED,
                new StepResult.Succeeded(SAGA, INSTALLATION, 3, Direction.DO, 1, output)));
        put(
                all,
                "step.failed",
                MessageType.STEP_FAILED,
                new StepResult.Failed(
                        SAGA,
                        INSTALLATION,
                        3,
                        Direction.DO,
                        2,
                        ErrorCode.ARTIFACT_WRONG,
                        false,
                        "the artifact's SHA-256 is not the pinned one"));
        put(
                all,
                "step.progressed",
                MessageType.STEP_PROGRESSED,
                new StepResult.Progressed(
                        SAGA,
                        INSTALLATION,
                        3,
                        Direction.DO,
                        1,
                        Progress.of("fetching", Progress.Unit.BYTES, 1_048_576, 412_000_000)));
        put(
                all,
                "step.progressed.uncounted",
                MessageType.STEP_PROGRESSED,
                new StepResult.Progressed(SAGA, INSTALLATION, 3, Direction.UNDO, 1, Progress.of("stopping")));
        put(
                all,
                "command.refused",
                MessageType.COMMAND_REFUSED,
                new CommandRefused("uplift.commands.swap.default/3/1207", "the body is not a valid swap.stop"));
    }

    private static void inspection(Map<String, Message> all) {
        put(
                all,
                Inspection.REQUESTED_TYPE,
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(INSTALLATION, "sales", "metabase", "default", 4711L, "/srv/metabase"));
        put(
                all,
                FenceTaking.REQUESTED_TYPE,
                FenceTaking.REQUESTED_TYPE,
                new FenceTaking.Requested(
                        DISCOVERY,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                        List.of(SAGA)));
        put(
                all,
                "fence.taken",
                MessageType.FENCE_TAKEN,
                new FenceTaking.Taken(DISCOVERY, INSTALLATION, List.of(FENCED)));
        put(
                all,
                "fence.refused",
                MessageType.FENCE_REFUSED,
                new FenceTaking.Refused(
                        DISCOVERY, INSTALLATION, ErrorCode.INTERFERED, "an upgrade of another is under way"));
        put(
                all,
                "installation.fence-taken",
                MessageType.INSTALLATION_FENCE_TAKEN,
                new FenceTaken(INSTALLATION, "sales", List.of(FENCED), "alice", "the other Uplift is gone", AT));
        put(all, "installation.inspecting", MessageType.INSTALLATION_INSPECTING, new Inspection.Underway(INSTALLATION));
        put(
                all,
                "installation.found",
                MessageType.INSTALLATION_FOUND,
                new Inspection.Found(
                        INSTALLATION,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), H2),
                        FROM,
                        CHECKS));
        put(
                all,
                "installation.found.database",
                MessageType.INSTALLATION_FOUND,
                new Inspection.Found(
                        INSTALLATION,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                        FROM,
                        CHECKS,
                        DATABASE_SEEN,
                        FENCED,
                        true));
        put(
                all,
                "swap.inspect.accepted",
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(INSTALLATION, "sales", "metabase", "default", null, "/srv/metabase")
                        .with(new Inspection.Accepted(
                                new InstallationSpec(
                                        INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                                FENCED,
                                List.of(new InstallationSpec(
                                        FENCED, "copied", "metabase", "default", List.of(NODE), POSTGRESQL)))));
        put(
                all,
                "swap.inspect.unit",
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(
                        INSTALLATION, "sales", null, "default", null, null, SSH, "metabase.service", null, null));
        put(
                all,
                "swap.inspect.container",
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(
                        INSTALLATION, "sales", null, "default", null, null, ENGINE, null, "metabase", true));
        put(
                all,
                "swap.inspect.assumed",
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(
                        INSTALLATION,
                        "sales",
                        null,
                        "default",
                        null,
                        "/srv/metabase",
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        true));
        put(
                all,
                "installation.found.assumed",
                MessageType.INSTALLATION_FOUND,
                new Inspection.Found(
                        INSTALLATION,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL)
                                .withDatabaseAssumedFor(NODE),
                        FROM,
                        CHECKS));
        put(
                all,
                "installation.found.search-path",
                MessageType.INSTALLATION_FOUND,
                new Inspection.Found(
                        INSTALLATION,
                        new InstallationSpec(
                                INSTALLATION,
                                "sales",
                                "metabase",
                                "default",
                                List.of(NODE),
                                new DatabaseSpec.PostgreSql("db", 5432, "metabase", "metabase", null, null, "mb")),
                        FROM,
                        CHECKS));
        put(
                all,
                "swap.inspect.joins",
                Inspection.REQUESTED_TYPE,
                new Inspection.Requested(
                        INSTALLATION,
                        "sales",
                        "metabase",
                        "default",
                        null,
                        null,
                        SSH,
                        "metabase.service",
                        null,
                        null,
                        new Inspection.Joining(
                                new InstallationSpec(
                                        INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                                FROM)));
        put(
                all,
                "installation.found.cluster",
                MessageType.INSTALLATION_FOUND,
                new Inspection.Found(
                        INSTALLATION,
                        new InstallationSpec(
                                INSTALLATION,
                                "sales",
                                "metabase",
                                "default",
                                List.of(NODE, UNIT, CONTAINER),
                                new DatabaseSpec.PostgreSql(
                                        "127.0.0.1",
                                        5432,
                                        "metabase",
                                        "metabase",
                                        "file:/srv/metabase/.uplift/launch.json#/secrets/database-password",
                                        "node-2"),
                                List.of(SSH, ENGINE)),
                        CLUSTER_FROM,
                        CHECKS));
        put(
                all,
                "installation.refused",
                MessageType.INSTALLATION_REFUSED,
                new Inspection.Refused(INSTALLATION, ErrorCode.HOST_UNEXPECTED, "no process has the pid 4711"));
    }

    private static void discovery(Map<String, Message> all) {
        put(
                all,
                Discovery.REQUESTED_TYPE,
                Discovery.REQUESTED_TYPE,
                new Discovery.Requested(DISCOVERY, "default", SSH));
        put(all, "swap.discover.local", Discovery.REQUESTED_TYPE, new Discovery.Requested(DISCOVERY, "default", null));
        put(
                all,
                "discovery.found",
                MessageType.DISCOVERY_FOUND,
                new Discovery.Found(
                        DISCOVERY,
                        List.of(
                                new Discovery.Usable(
                                        NODE,
                                        4711L,
                                        "metabase",
                                        FROM,
                                        H2.address(),
                                        "h2:default/local:/srv/metabase/metabase.db.mv.db"),
                                new Discovery.Usable(
                                        UNIT,
                                        null,
                                        "metabase",
                                        FROM,
                                        "postgresql:127.0.0.1:5432/metabase",
                                        "postgresql:web1:5432/metabase")),
                        List.of(
                                new Discovery.Unusable(
                                        NodeKind.DOCKER,
                                        "support",
                                        null,
                                        "metabase",
                                        "its database is not supported yet (mysql): MySQL"),
                                new Discovery.Unusable(
                                        NodeKind.PROCESS,
                                        null,
                                        4712L,
                                        null,
                                        "process 4712 cannot be looked into: its working directory is not visible")),
                        List.of("containers were not looked at: no Docker Engine answers")));
        put(
                all,
                "discovery.refused",
                MessageType.DISCOVERY_REFUSED,
                new Discovery.Refused(DISCOVERY, ErrorCode.HOST_UNREACHABLE, "web1 does not answer"));
    }

    private static void status(Map<String, Message> all) {
        put(
                all,
                "installation.status",
                MessageType.INSTALLATION_STATUS,
                new InstallationStatus(
                        INSTALLATION,
                        "sales",
                        InstallationStatus.State.UPGRADING,
                        12,
                        7,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                        FROM,
                        CHECKS,
                        null,
                        List.of(),
                        SAGA,
                        AT));
        put(
                all,
                "installation.status.without-a-node",
                MessageType.INSTALLATION_STATUS,
                new InstallationStatus(
                        INSTALLATION,
                        "sales",
                        InstallationStatus.State.READY,
                        15,
                        7,
                        new InstallationSpec(INSTALLATION, "sales", "metabase", "default", List.of(NODE), POSTGRESQL),
                        FROM,
                        CHECKS,
                        null,
                        List.of(LEFT_OUT),
                        null,
                        AT));
        put(
                all,
                "installation.status.refused",
                MessageType.INSTALLATION_STATUS,
                new InstallationStatus(
                        INSTALLATION,
                        "sales",
                        InstallationStatus.State.REFUSED,
                        2,
                        0,
                        null,
                        null,
                        List.of(),
                        "no process has the pid 4711",
                        List.of(),
                        null,
                        AT));
        put(
                all,
                "installation.removed",
                MessageType.INSTALLATION_REMOVED,
                new InstallationRemoved(INSTALLATION, "sales", AT));
        put(all, "upgrade.status", MessageType.UPGRADE_STATUS, upgradeStatus(List.of()));
        put(
                all,
                "upgrade.status.outages",
                MessageType.UPGRADE_STATUS,
                upgradeStatus(List.of(new Outage(AT, AT.plusSeconds(5)), new Outage(AT.plusSeconds(30), null))));
        put(
                all,
                "upgrade.transitioned",
                MessageType.UPGRADE_TRANSITIONED,
                new UpgradeTransitioned(
                        SAGA,
                        INSTALLATION,
                        "sales",
                        41,
                        "step.failed",
                        UpgradeStatus.State.ROLLING_BACK,
                        StepName.START,
                        "the version exited while it started",
                        AT));
    }

    private static UpgradeStatus upgradeStatus(List<Outage> outages) {
        return new UpgradeStatus(
                SAGA,
                INSTALLATION,
                "sales",
                UpgradeStatus.Kind.UPGRADE,
                UpgradeStatus.State.ROLLING_BACK,
                41,
                8,
                FROM,
                TO,
                StepName.START,
                List.of(
                        new UpgradeStatus.StepStatus(
                                StepName.BACKUP,
                                UpgradeStatus.StepState.DONE,
                                1,
                                Progress.of("restoring for the proof", Progress.Unit.BYTES, 73_400_320, 73_400_320),
                                Duration.ofSeconds(4).toMillis(),
                                null,
                                new StepOutput.BackedUp(BACKUP, List.of())),
                        new UpgradeStatus.StepStatus(
                                StepName.START, UpgradeStatus.StepState.UNDOING, 1, null, 9_100L, null, null)),
                new UpgradeStatus.Failure(
                        StepName.START, Direction.DO, ErrorCode.EXITED, "the version exited while it started"),
                BACKUP,
                AT,
                null,
                AT,
                AT.plusSeconds(30),
                null,
                outages);
    }

    private static void put(Map<String, Message> all, String name, String type, Object body) {
        Object key = switch (body) {
            case UpgradeStatus _ -> SAGA;
            case Discovery _ -> DISCOVERY;
            case CommandRefused refused -> refused.source();
            default -> INSTALLATION;
        };
        all.put(
                name,
                new Message(
                        UUID.nameUUIDFromBytes(name.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                        type,
                        SOURCE,
                        key.toString(),
                        AT,
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                        body));
    }
}
