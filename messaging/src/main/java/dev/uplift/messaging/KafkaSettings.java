/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Kafka is, and who we are to it.
 *
 * @param bootstrapServers {@code host:port}, several separated by commas
 * @param clientId the instance: part of what is shown in the broker's logs and metrics
 * @param login absent: the broker asks for none
 */
public record KafkaSettings(
        String bootstrapServers, String clientId, @Nullable Login login) {
    static final int POLL_RECORDS_MAX = 500;

    private static final Logger LOG = LoggerFactory.getLogger(KafkaSettings.class);

    /** Who we are, by SASL's mechanism PLAIN: for a broker on loopback, because it is not encrypted. */
    public record Login(String user, String password) {
        private static final Pattern PLAIN = Pattern.compile("[^\"\\\\\\p{Cntrl}]{1,200}");

        public Login {
            if (!PLAIN.matcher(user).matches() || !PLAIN.matcher(password).matches()) {
                throw new IllegalArgumentException(
                        "uplift.kafka.user and uplift.kafka.password are 1 to 200 characters without \" and \\");
            }
        }

        /** Both, or neither. */
        static @Nullable Login of(Optional<String> user, Optional<String> password) {
            if (user.isPresent() != password.isPresent()) {
                throw new IllegalArgumentException("of uplift.kafka.user and uplift.kafka.password one is missing");
            }
            return user.isPresent() ? new Login(user.get(), password.orElseThrow()) : null;
        }

        @Override
        public String toString() {
            return "Login[user=" + user + "]";
        }
    }

    /** Without a login. */
    public KafkaSettings(String bootstrapServers, String clientId) {
        this(bootstrapServers, clientId, null);
    }

    public KafkaSettings {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException("kafka.bootstrap-servers is missing");
        }
        if (clientId.isBlank()) {
            throw new IllegalArgumentException("kafka client id is missing");
        }
    }

    /** What a service is told by its environment. */
    static KafkaSettings of(ServiceSettings settings) {
        return new KafkaSettings(
                settings.kafkaBootstrapServers(),
                settings.instance(),
                Login.of(settings.kafkaUser(), settings.kafkaPassword()));
    }

    /** Waits until one of the host names has an address, for ever; returns at once where they are addresses. */
    void awaitName() {
        Backoff backoff = new Backoff(new CountDownLatch(1));
        while (true) {
            try (Admin _ = Admin.create(admin())) {
                return;
            } catch (KafkaException e) {
                if (!(e.getCause() instanceof ConfigException)
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LOG.warn("Kafka is waited for: {}", OneLine.of(e.getCause()));
                backoff.pause();
            }
        }
    }

    Map<String, Object> admin() {
        Map<String, Object> config = client();
        config.put(AdminClientConfig.CLIENT_ID_CONFIG, clientId + "-admin");
        config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        return config;
    }

    /**
     * For messages that must arrive, in their order: acknowledged by all replicas, one request at a time. Not idempotent:
     * a login that fails in the moment in which such a producer asks for its number leaves it without one for ever, and
     * copies are known by their ids.
     */
    Map<String, Object> reliableProducer() {
        Map<String, Object> config = producer();
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
        config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // So long a topic that somebody has deleted holds up all others.
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        // A broker that flushes does so for each batch that it is sent, and bursts are what there is to send.
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 512 * 1024);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, CompressionType.ZSTD.name);
        return config;
    }

    /** For messages that may get lost: gives up soon, so that nobody waits for it. */
    Map<String, Object> lossyProducer() {
        Map<String, Object> config = producer();
        config.put(ProducerConfig.ACKS_CONFIG, "1");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 8_000);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
        return config;
    }

    /** A static member of a group: after a crash the same instance gets its partitions back at once. */
    Map<String, Object> consumer() {
        Map<String, Object> config = client();
        // A channel writes texts that are numbers anew: 007 would be 7.
        config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "uplift-" + clientId);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS_MAX);
        config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
        config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 2_000);
        config.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        return config;
    }

    private Map<String, Object> producer() {
        Map<String, Object> config = client();
        config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        return config;
    }

    private Map<String, Object> client() {
        Map<String, Object> config = new HashMap<>();
        config.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        if (login != null) {
            config.put(AdminClientConfig.SECURITY_PROTOCOL_CONFIG, SecurityProtocol.SASL_PLAINTEXT.name);
            config.put(SaslConfigs.SASL_MECHANISM, "PLAIN");
            config.put(
                    SaslConfigs.SASL_JAAS_CONFIG,
                    PlainLoginModule.class.getName() + " required username=\"" + login.user() + "\" password=\""
                            + login.password() + "\";");
        }
        return config;
    }
}
