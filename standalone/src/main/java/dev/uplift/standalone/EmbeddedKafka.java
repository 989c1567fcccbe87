/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;

/** One Kafka node, broker and controller, as a child process on loopback. */
final class EmbeddedKafka {
    /** Of its process and log. */
    static final String NAME = "kafka";

    private final Home home;
    private final Ports ports;
    private final Credentials credentials;

    EmbeddedKafka(Home home, Ports ports, Credentials credentials) {
        this.home = home;
        this.ports = ports;
        this.credentials = credentials;
    }

    /** Writes the node's configuration and, the first time, formats its storage. */
    ChildProcess prepare(Path java, AotCache aotCache, String classPath) throws IOException {
        Files.createDirectories(home.kafka());
        Path properties = home.kafka().resolve("server.properties");
        Home.writeSecret(properties, text(settings()));
        Path log4j = home.kafka().resolve("log4j2.properties");
        Files.writeString(log4j, """
                appender.out.type=Console
                appender.out.name=out
                appender.out.layout.type=PatternLayout
                appender.out.layout.pattern=%d %p %c{1} %m%n
                rootLogger.level=WARN
                rootLogger.appenderRef.out.ref=out
                """);
        if (!Files.exists(data().resolve("meta.properties"))) {
            format(properties);
        }
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dlog4j2.configurationFile=" + log4j));
        command.addAll(aotCache.options());
        command.addAll(List.of("-cp", classPath, "kafka.Kafka", properties.toString()));
        return new ChildProcess(NAME, command, Map.of(), home);
    }

    /**
     * Grants the rights of all users, once the node runs, and tells the operator how to reach it.
     *
     * @param site that the workers serve
     */
    void open(String site) throws IOException, InterruptedException {
        Map<String, String> passwords = credentials.kafka();
        KafkaAccess.grant("127.0.0.1:" + ports.kafkaController(), passwords.getOrDefault(KafkaAccess.BROKER, ""), site);
        Map<String, String> client = new LinkedHashMap<>();
        client.put("bootstrap.servers", ports.kafkaBootstrap());
        client.putAll(
                KafkaAccess.clientSettings(KafkaAccess.OPERATOR, passwords.getOrDefault(KafkaAccess.OPERATOR, "")));
        Home.writeSecret(home.kafkaClient(), text(client));
    }

    private static String text(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue() + "\n")
                .collect(Collectors.joining());
    }

    private Path data() {
        return home.kafka().resolve("data");
    }

    private static void format(Path properties) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int exit = kafka.tools.StorageTool.execute(
                new String[] {
                    "format",
                    "--standalone",
                    "--cluster-id",
                    Uuid.randomUuid().toString(),
                    "--config",
                    properties.toString()
                },
                new PrintStream(said, true, StandardCharsets.UTF_8));
        if (exit != 0) {
            throw new IllegalStateException(
                    "Kafka's storage could not be formatted: " + said.toString(StandardCharsets.UTF_8));
        }
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put(
                "listeners",
                "CLIENT://127.0.0.1:" + ports.kafka() + ",CONTROLLER://127.0.0.1:" + ports.kafkaController());
        settings.put("advertised.listeners", "CLIENT://" + ports.kafkaBootstrap());
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("controller.quorum.bootstrap.servers", "127.0.0.1:" + ports.kafkaController());
        settings.putAll(KafkaAccess.brokerSettings(credentials.kafka()));
        settings.put("log.dirs", data().toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "4");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.replication.factor", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        // A power cut on the only node must not lose what was acknowledged.
        settings.put("log.flush.interval.messages", "1");
        return settings;
    }
}
