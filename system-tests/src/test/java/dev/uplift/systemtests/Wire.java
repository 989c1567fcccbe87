/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;

import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.WireCodec;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** The product's topics as the broker's own user sees and writes them: raw records. */
final class Wire implements AutoCloseable {
    private static final Duration TAKEN_MAX = Duration.ofMinutes(2);
    private static final List<String> SERVICES = List.of("orchestrator", "artifact", "backup", "swap");

    private final Properties client;
    private final List<String> services;
    private final Databases databases;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;

    /** A service's own database. */
    @FunctionalInterface
    interface Databases {
        Connection of(String service) throws SQLException;
    }

    Wire(Product product) {
        this(client(product), SERVICES, product::database);
    }

    /**
     * @param client how the broker is reached
     * @param services those that have a database
     */
    Wire(Properties client, List<String> services, Databases databases) {
        this.client = client;
        this.services = services;
        this.databases = databases;
        this.admin = Admin.create(client);
        this.producer = new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** The topics on which the services work: commands, results and triggers. */
    Set<String> working() {
        Set<String> topics = new HashSet<>(Set.of(Topics.TRIGGERS));
        for (ServiceName service : ServiceName.values()) {
            topics.add(Topics.commands(service, Topics.DEFAULT_SITE));
            topics.add(Topics.results(service));
        }
        return topics;
    }

    /** Every topic that there is, those of the broker itself left out. */
    Set<String> all() {
        return asked(() -> admin.listTopics().names().get());
    }

    /** Every record that the topics have at this moment. */
    List<ConsumerRecord<byte[], byte[]>> read(Collection<String> topics) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = topics.stream()
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
            return records;
        }
    }

    /** Publishes a copy: key, headers and value as they are. */
    void publishAgain(ConsumerRecord<byte[], byte[]> record) {
        var _ = producer.send(
                new ProducerRecord<>(record.topic(), null, record.key(), record.value(), record.headers()));
    }

    /** Publishes one record and tells where it lies: {@code topic/partition/offset}. */
    String send(String topic, String key, byte[] value, Map<String, String> headers) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value);
        headers.forEach((name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
        RecordMetadata place = asked(() -> producer.send(record).get());
        return place.topic() + "/" + place.partition() + "/" + place.offset();
    }

    /** Publishes a well-formed trigger. */
    String trigger(UpgradeRequested request) {
        String key = request.installations().getFirst();
        Message message = new Message(
                UUID.randomUUID(),
                MessageType.UPGRADE_REQUESTED,
                URI.create("/uplift/system-tests"),
                key,
                Instant.now(),
                null,
                request);
        ProducerRecord<String, byte[]> record = WireCodec.encode(Topics.TRIGGERS, message);
        Map<String, String> headers = new HashMap<>();
        record.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return send(Topics.TRIGGERS, key, record.value(), headers);
    }

    void flush() {
        producer.flush();
    }

    /** The members of a group that have partitions, by their static names; empty while it is being shared out anew. */
    Set<String> readers(String group) {
        ConsumerGroupDescription described = asked(() -> requireNonNull(
                admin.describeConsumerGroups(List.of(group)).all().get().get(group)));
        return described.groupState() != GroupState.STABLE
                ? Set.of()
                : described.members().stream()
                        .filter(member -> !member.assignment().topicPartitions().isEmpty())
                        .map(member -> member.groupInstanceId().orElse(member.consumerId()))
                        .collect(Collectors.toSet());
    }

    /**
     * Waits until the services have taken everything that lies on their topics, and have published all that
     * this made them say. While an upgrade runs it may never be so.
     */
    void awaitTaken() {
        flush();
        Awaitility.await("the services to take what lies on their topics")
                .atMost(TAKEN_MAX)
                .pollInterval(Duration.ofMillis(100))
                .until(this::taken);
    }

    /** The first reading of the ends and the last one agree, so that nothing came in while the rest was looked at. */
    private boolean taken() throws SQLException {
        Map<TopicPartition, Long> before = ends(working());
        Map<TopicPartition, Long> committed = committed();
        boolean read = before.entrySet().stream()
                .allMatch(end -> end.getValue() == 0 || end.getValue().equals(committed.get(end.getKey())));
        return read && nothingWaits() && ends(working()).equals(before);
    }

    private boolean nothingWaits() throws SQLException {
        for (String service : services) {
            String waiting = "SELECT count(*) FROM outbox"
                    + (service.equals("orchestrator")
                            ? ""
                            : " UNION ALL SELECT count(*) FROM work WHERE finished_at IS NULL");
            try (Connection connection = databases.of(service);
                    Statement statement = connection.createStatement();
                    ResultSet counts = statement.executeQuery(waiting)) {
                while (counts.next()) {
                    if (counts.getLong(1) > 0) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private Map<TopicPartition, Long> ends(Collection<String> topics) {
        return asked(() -> {
            Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
            admin.describeTopics(topics)
                    .allTopicNames()
                    .get()
                    .forEach((topic, description) -> description
                            .partitions()
                            .forEach(partition -> partitions.put(
                                    new TopicPartition(topic, partition.partition()), OffsetSpec.latest())));
            return admin.listOffsets(partitions).all().get().entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, entry -> entry.getValue().offset()));
        });
    }

    private Map<TopicPartition, Long> committed() {
        return asked(() -> {
            List<String> groups = admin.listGroups().all().get().stream()
                    .map(GroupListing::groupId)
                    .filter(group -> group.startsWith("uplift."))
                    .toList();
            Map<TopicPartition, Long> committed = new HashMap<>();
            for (ConsumerGroupDescription group :
                    admin.describeConsumerGroups(groups).all().get().values()) {
                Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(group.groupId())
                        .partitionsToOffsetAndMetadata()
                        .get();
                offsets.forEach((partition, offset) -> {
                    if (offset != null) {
                        committed.put(partition, offset.offset());
                    }
                });
            }
            return committed;
        });
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
    }

    private static Properties client(Product product) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", product.status().kafka());
        properties.put("security.protocol", "SASL_PLAINTEXT");
        properties.put("sasl.mechanism", "PLAIN");
        properties.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" password=\""
                        + product.password("kafka.broker") + "\";");
        return properties;
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask() throws ExecutionException, InterruptedException;
    }

    private static <T> T asked(Question<T> question) {
        try {
            return question.ask();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
