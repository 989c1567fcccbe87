/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.Discovery;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/**
 * Answers the commands of the default site on the real topics. Every step succeeds unless a script of
 * its installation says otherwise.
 */
final class ScriptedWorker {
    static final String OLD_SHA256 = "a".repeat(64);
    static final String NEW_SHA256 = "b".repeat(64);
    private static final URI SOURCE = URI.create("/uplift/scripted-worker");

    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final List<StepCommand> commands = new CopyOnWriteArrayList<>();
    private final Map<String, UUID> fences = new ConcurrentHashMap<>();
    private final Map<String, DatabaseSeen> databases = new ConcurrentHashMap<>();
    private volatile @Nullable HostSpec foundOn;

    private static final class Shared {
        static final ScriptedWorker WORKER =
                new ScriptedWorker(ConfigProvider.getConfig().getValue("uplift.kafka.bootstrap-servers", String.class));
    }

    /** What one installation's worker does with a command. */
    @FunctionalInterface
    interface Script {
        Reply reply(StepCommand command);
    }

    /** What is answered. */
    sealed interface Reply {
        record Success() implements Reply {}

        /** With this in place of what is usually found out. */
        record Found(StepOutput output) implements Reply {}

        record Failure(ErrorCode code, boolean retryable) implements Reply {}

        /** Nothing: the test answers by {@link ScriptedWorker#succeed}, or nobody does. */
        record Silence() implements Reply {}
    }

    /** The one worker of all tests; it ends with the process. */
    static ScriptedWorker shared() {
        return Shared.WORKER;
    }

    /** One on a Kafka of its own; it ends with the process. */
    ScriptedWorker(String bootstrapServers) {
        this.producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                new StringSerializer(),
                new ByteArraySerializer());
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "scripted-worker",
                        ConsumerConfig.METADATA_MAX_AGE_CONFIG,
                        1_000,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        Thread.ofPlatform().name("scripted-worker").daemon().start(this::run);
    }

    /** What the installation of this name does from now on. */
    void script(String installation, Script script) {
        scripts.put(installation, script);
    }

    /** A worker says that it is at a registration. */
    void underway(UUID installation) {
        send(
                Topics.results(ServiceName.SWAP),
                new Message(
                        UUID.randomUUID(),
                        MessageType.INSTALLATION_INSPECTING,
                        SOURCE,
                        installation.toString(),
                        Instant.now(),
                        null,
                        new Inspection.Underway(installation)));
    }

    /** Whose fence is in this directory. */
    @Nullable
    UUID fenceIn(String directory) {
        return fences.get(directory);
    }

    /** The fence in this directory is this installation's from now on. */
    void fence(String directory, UUID installation) {
        fences.put(directory, installation);
    }

    /** What the database of the installation of this name says that it is, from now on. */
    void databaseOf(String installation, DatabaseSeen database) {
        databases.put(installation, database);
    }

    /** Where applications are found from now on, whatever is asked; absent: where they are looked for. */
    void findOn(@Nullable HostSpec host) {
        foundOn = host;
    }

    /** All commands that came for the installation of this name, copies included, in order. */
    List<StepCommand> commands(String installation) {
        return commands.stream()
                .filter(command -> command.installation().name().equals(installation))
                .toList();
    }

    /** The names of the steps of these commands, an undo with a leading minus. */
    List<String> steps(String installation) {
        return commands(installation).stream()
                .map(command -> (command.direction() == Direction.UNDO ? "-" : "") + command.step())
                .toList();
    }

    /** The DO of this step, once it has come. */
    StepCommand await(String installation, StepName step) {
        Awaitility.await().until(() -> steps(installation).contains(step.name()));
        return commands(installation).stream()
                .filter(command -> command.step() == step)
                .findFirst()
                .orElseThrow();
    }

    void succeed(StepCommand command) {
        send(command, MessageType.STEP_SUCCEEDED, success(command, found(command)), UUID.randomUUID());
    }

    private StepOutput found(StepCommand command) {
        DatabaseSeen database = databases.get(command.installation().name());
        return output(command) instanceof StepOutput.NodesChecked checked && database != null
                ? new StepOutput.NodesChecked(checked.running(), checked.checks(), checked.composed(), database)
                : output(command);
    }

    void fail(StepCommand command, ErrorCode code, boolean retryable) {
        send(command, MessageType.STEP_FAILED, failure(command, code, retryable), UUID.randomUUID());
    }

    /** Sends any result with this message id to the topic of the command's service. */
    void send(StepCommand command, String type, StepResult result, UUID messageId) {
        send(
                Topics.results(command.step().service()),
                new Message(
                        messageId, type, SOURCE, command.installation().id().toString(), Instant.now(), null, result));
    }

    void send(String topic, Message message) {
        send(WireCodec.encode(topic, message));
    }

    /** Returns once Kafka has it. */
    void send(ProducerRecord<String, byte[]> message) {
        try {
            producer.send(message).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static StepResult.Failed failure(StepCommand command, ErrorCode code, boolean retryable) {
        return new StepResult.Failed(
                command.sagaId(),
                command.installation().id(),
                command.stepIndex(),
                command.direction(),
                command.attempt(),
                code,
                retryable,
                "as the script wants it");
    }

    static StepResult.Succeeded success(StepCommand command) {
        return success(command, output(command));
    }

    private static StepResult.Succeeded success(StepCommand command, StepOutput output) {
        return new StepResult.Succeeded(
                command.sagaId(),
                command.installation().id(),
                command.stepIndex(),
                command.direction(),
                command.attempt(),
                output);
    }

    private static StepOutput output(StepCommand command) {
        if (command.direction() == Direction.UNDO) {
            return switch (command.step()) {
                case STOP -> new StepOutput.Serving(command.from().version(), Instant.now());
                case START -> new StepOutput.NodesStopped(Instant.now(), null);
                case SAFETY_BACKUP ->
                    new StepOutput.BackedUp(
                            new Backup(UUID.randomUUID(), "hash-2", 2_000, command.target(), Instant.now()), List.of());
                case MIGRATE_DOWN -> new StepOutput.MigratedDown(true, "as the script wants it");
                default -> new StepOutput.Nothing();
            };
        }
        return switch (command.step()) {
            case PREFLIGHT ->
                new StepOutput.NodesChecked(new Release(command.from().version(), "oss", OLD_SHA256, null), List.of());
            case PREFLIGHT_DATABASE -> new StepOutput.DatabaseChecked("2.1", 1_000, List.of());
            case LOCATE ->
                new StepOutput.ArtifactsLocated(
                        List.of(new StepOutput.Located("http://127.0.0.1/x.jar", 100L, false)), List.of());
            case FETCH ->
                new StepOutput.ArtifactsFetched(List.of(new Artifact(
                        NEW_SHA256, 100, command.to().version(), "oss", URI.create("http://127.0.0.1/a/x"), true)));
            case STOP -> new StepOutput.NodesStopped(Instant.now(), null);
            case BACKUP ->
                new StepOutput.BackedUp(
                        new Backup(UUID.randomUUID(), "hash-1", 1_000, command.from(), Instant.now()), List.of());
            case START -> new StepOutput.Serving(command.to().version(), Instant.now());
            case STAGE, SWITCH, REINSTATE, SCALE, SOAK, COMMIT, MIGRATE_DOWN, SAFETY_BACKUP -> new StepOutput.Nothing();
        };
    }

    private void run() {
        consumer.subscribe(Arrays.stream(ServiceName.values())
                .map(service -> Topics.commands(service, Topics.DEFAULT_SITE))
                .toList());
        while (true) {
            consumer.poll(Duration.ofMillis(100)).forEach(this::take);
        }
    }

    private void take(ConsumerRecord<String, byte[]> command) {
        try {
            Message message = WireCodec.decode(command);
            switch (message.body()) {
                case StepCommand step -> answer(step);
                case Inspection.Requested asked -> inspect(asked);
                case Discovery.Requested asked -> discover(asked);
                case FenceTaking.Requested asked -> takeFence(asked);
                default -> throw new IllegalStateException("no command: " + message.type());
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(StepCommand command) {
        commands.add(command);
        Script script = scripts.getOrDefault(command.installation().name(), anything -> new Reply.Success());
        switch (script.reply(command)) {
            case Reply.Success _ -> succeed(command);
            case Reply.Found found ->
                send(command, MessageType.STEP_SUCCEEDED, success(command, found.output()), UUID.randomUUID());
            case Reply.Failure failure -> fail(command, failure.code(), failure.retryable());
            case Reply.Silence _ -> {}
        }
    }

    private static NodeSpec node(Inspection.Requested asked, String host, String directory) {
        URI url = URI.create("http://127.0.0.1:3000");
        String name =
                asked.joins() == null ? "node-1" : asked.joins().installation().freeNodeName();
        if (asked.container() != null) {
            return new NodeSpec.Docker(name, host, asked.container(), "metabase/metabase", url);
        }
        return asked.unit() == null
                ? new NodeSpec.JarProcess(name, host, directory, "metabase.jar", url)
                : new NodeSpec.Systemd(name, host, asked.unit(), directory, "metabase.jar", url);
    }

    private Inspection.Found joined(Inspection.Requested asked, Inspection.Joining joins, String on, String directory) {
        return new Inspection.Found(
                asked.installationId(),
                joins.installation().withNode(node(asked, on, directory), asked.host()),
                joins.running(),
                List.of(),
                null,
                other(fences.get(directory), asked.installationId()),
                asked.accepted() != null);
    }

    /** Finds on every host two nodes that share a database named like the host, and one that cannot be registered. */
    private void discover(Discovery.Requested asked) {
        HostSpec host = asked.host();
        String on = host == null ? NodeSpec.LOCAL : host.name();
        boolean refuse = on.contains("refuse");
        Release running = new Release("v0.50.1", "oss", OLD_SHA256, null);
        String database = "postgresql:db:5432/" + on;
        URI url = URI.create("http://127.0.0.1:3000");
        Discovery answer = refuse
                ? new Discovery.Refused(asked.discoveryId(), ErrorCode.HOST_UNREACHABLE, "it does not answer")
                : new Discovery.Found(
                        asked.discoveryId(),
                        List.of(
                                new Discovery.Usable(
                                        new NodeSpec.Systemd(
                                                "node-1", on, on + "-a.service", "/srv/a", "metabase.jar", url),
                                        null,
                                        "metabase",
                                        running,
                                        database,
                                        database),
                                new Discovery.Usable(
                                        new NodeSpec.JarProcess("node-1", on, "/srv/b", "metabase.jar", url),
                                        null,
                                        "metabase",
                                        running,
                                        database,
                                        database)),
                        List.of(new Discovery.Unusable(NodeKind.DOCKER, "sales", null, "metabase", "in no volume")),
                        List.of("something was not looked at"));
        send(
                Topics.results(ServiceName.SWAP),
                new Message(
                        UUID.randomUUID(),
                        refuse ? MessageType.DISCOVERY_REFUSED : MessageType.DISCOVERY_FOUND,
                        SOURCE,
                        asked.discoveryId().toString(),
                        Instant.now(),
                        null,
                        answer));
    }

    private static @Nullable UUID other(@Nullable UUID owner, UUID asking) {
        return asking.equals(owner) ? null : owner;
    }

    private void takeFence(FenceTaking.Requested asked) {
        String directory = ((NodeSpec.InDirectory) asked.installation().nodes().getFirst()).directory();
        UUID owner = fences.get(directory);
        boolean spared = owner != null && asked.spared().contains(owner);
        if (!spared) {
            fences.put(directory, asked.installation().id());
        }
        send(
                Topics.results(ServiceName.SWAP),
                new Message(
                        UUID.randomUUID(),
                        spared ? MessageType.FENCE_REFUSED : MessageType.FENCE_TAKEN,
                        SOURCE,
                        asked.installation().id().toString(),
                        Instant.now(),
                        null,
                        spared
                                ? new FenceTaking.Refused(
                                        asked.takingId(), asked.installationId(), ErrorCode.INTERFERED, "it is spared")
                                : new FenceTaking.Taken(
                                        asked.takingId(),
                                        asked.installationId(),
                                        owner == null ? List.of() : List.of(owner))));
    }

    private void inspect(Inspection.Requested asked) {
        String directory = Optional.ofNullable(asked.directory()).orElse("/srv/" + asked.name());
        boolean refuse = directory.contains("refuse");
        HostSpec host = foundOn == null ? asked.host() : foundOn;
        String on = host == null ? NodeSpec.LOCAL : host.name();
        Inspection answer = refuse
                ? new Inspection.Refused(asked.installationId(), ErrorCode.HOST_UNEXPECTED, "nothing runs there")
                : asked.joins() != null
                        ? joined(asked, asked.joins(), on, directory)
                        : new Inspection.Found(
                                asked.installationId(),
                                new InstallationSpec(
                                        asked.installationId(),
                                        asked.name(),
                                        Objects.requireNonNullElse(asked.profile(), "metabase"),
                                        asked.site(),
                                        List.of(node(asked, on, directory)),
                                        new DatabaseSpec.H2(on, directory + "/metabase.db.mv.db", null, null),
                                        host == null ? List.of() : List.of(host)),
                                new Release("v0.50.1", "oss", OLD_SHA256, null),
                                List.of(),
                                databases.get(asked.name()),
                                other(fences.get(directory), asked.installationId()),
                                asked.accepted() != null);
        if (!refuse && asked.accepted() != null) {
            fences.put(directory, asked.installationId());
        }
        send(
                Topics.results(ServiceName.SWAP),
                new Message(
                        UUID.randomUUID(),
                        refuse ? MessageType.INSTALLATION_REFUSED : MessageType.INSTALLATION_FOUND,
                        SOURCE,
                        asked.installationId().toString(),
                        Instant.now(),
                        null,
                        answer));
    }
}
