/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import static org.apache.kafka.common.acl.AclOperation.ALL;
import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Who may do what in a Kafka of our own. Nobody is anonymous, not even on loopback, which is open to every user of
 * the machine. Commands are written by the orchestrator only, and results by their own worker only. {@value
 * #OPERATOR} asks for upgrades and reads everything; {@value #BROKER} may do all, and is the broker itself.
 */
public final class KafkaAccess {
    static final String BROKER = "broker";
    static final String OPERATOR = "operator";
    private static final String ORCHESTRATOR = "orchestrator";

    private KafkaAccess() {}

    /**
     * For the container of Kafka, with the users' passwords in {@code KAFKA_<USER>_PASSWORD}: {@code settings} prints
     * what the broker is to be told, {@code grant CONTROLLER SITE} waits for the controller and grants the rights.
     */
    public static void main(String[] arguments) throws InterruptedException {
        Map<String, String> passwords = users().stream()
                .collect(Collectors.toMap(
                        user -> user,
                        user -> Objects.requireNonNull(
                                System.getenv("KAFKA_" + user.toUpperCase(Locale.ROOT) + "_PASSWORD"), user)));
        if (arguments[0].equals("settings")) {
            brokerSettings(passwords).forEach((key, value) -> System.out.println(key + "=" + value));
        } else {
            grant(arguments[1], passwords.getOrDefault(BROKER, ""), arguments[2]);
        }
    }

    static List<String> users() {
        return Stream.concat(
                        Stream.of(BROKER, OPERATOR, ORCHESTRATOR),
                        Arrays.stream(ServiceName.values()).map(ServiceName::wireName))
                .toList();
    }

    /** What the broker is told about its users, as settings. */
    static Map<String, String> brokerSettings(Map<String, String> passwords) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("listener.security.protocol.map", "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENT");
        settings.put("sasl.enabled.mechanisms", "PLAIN");
        settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        settings.put("sasl.mechanism.controller.protocol", "PLAIN");
        settings.put("listener.name.client.plain.sasl.jaas.config", jaas(passwords));
        settings.put(
                "listener.name.controller.plain.sasl.jaas.config",
                jaas(Map.of(BROKER, passwords.getOrDefault(BROKER, ""))));
        settings.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        settings.put("super.users", "User:" + BROKER);
        return settings;
    }

    /** How a client says who it is, as settings of any of Kafka's clients. */
    static Map<String, String> clientSettings(String user, String password) {
        return Map.of(
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                        + password + "\";");
    }

    /**
     * Grants every user its rights. Idempotent.
     *
     * @param controller {@code host:port}; waited for
     * @throws KafkaException if it does not answer, or refuses
     */
    static void grant(String controller, String brokerPassword, String site) throws InterruptedException {
        Map<String, Object> config = new LinkedHashMap<>(clientSettings(BROKER, brokerPassword));
        config.put(AdminClientConfig.BOOTSTRAP_CONTROLLERS_CONFIG, controller);
        try (Admin admin = Admin.create(config)) {
            var _ = admin.createAcls(rights(site)).all().get();
        } catch (ExecutionException e) {
            throw new KafkaException(String.valueOf(e.getCause()), e);
        }
    }

    /** The rights of all users but the broker, where the workers serve {@code site}. */
    static List<AclBinding> rights(String site) {
        List<AclBinding> rights = new ArrayList<>();
        for (String written : List.of(Topics.STATUS_INSTALLATIONS, Topics.STATUS_UPGRADES, Topics.EVENTS)) {
            rights.addAll(topic(ORCHESTRATOR, PatternType.LITERAL, written, WRITE, CREATE));
        }
        rights.addAll(input(ORCHESTRATOR, Topics.TRIGGERS));
        // Sites come with registrations.
        rights.addAll(topic(ORCHESTRATOR, PatternType.PREFIXED, "uplift.commands.", WRITE, CREATE));
        rights.add(groups(ORCHESTRATOR));
        for (ServiceName service : ServiceName.values()) {
            String worker = service.wireName();
            rights.addAll(input(ORCHESTRATOR, Topics.results(service)));
            rights.addAll(input(worker, Topics.commands(service, site)));
            rights.addAll(topic(worker, PatternType.LITERAL, Topics.results(service), WRITE, CREATE));
            rights.add(groups(worker));
        }
        rights.addAll(topic(OPERATOR, PatternType.LITERAL, Topics.TRIGGERS, WRITE));
        rights.addAll(topic(OPERATOR, PatternType.PREFIXED, "uplift.", READ));
        rights.add(right(OPERATOR, ResourceType.GROUP, PatternType.LITERAL, "*", READ, AclPermissionType.ALLOW));
        // With another group it cannot take records away from a service.
        rights.add(right(OPERATOR, ResourceType.GROUP, PatternType.PREFIXED, "uplift.", ALL, AclPermissionType.DENY));
        return rights;
    }

    /** A topic that is read, and the place for its dead letters. */
    private static List<AclBinding> input(String user, String topic) {
        return Stream.concat(
                        topic(user, PatternType.LITERAL, topic, READ, CREATE).stream(),
                        topic(user, PatternType.LITERAL, Topics.deadLetters(topic), WRITE, CREATE).stream())
                .toList();
    }

    private static List<AclBinding> topic(String user, PatternType pattern, String name, AclOperation... operations) {
        return Arrays.stream(operations)
                .map(operation -> right(user, ResourceType.TOPIC, pattern, name, operation, AclPermissionType.ALLOW))
                .toList();
    }

    private static AclBinding groups(String service) {
        return right(
                service,
                ResourceType.GROUP,
                PatternType.PREFIXED,
                "uplift." + service + ".",
                READ,
                AclPermissionType.ALLOW);
    }

    private static AclBinding right(
            String user,
            ResourceType type,
            PatternType pattern,
            String name,
            AclOperation operation,
            AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:" + user, "*", operation, permission));
    }

    /** The broker's own login, and the users that it knows. */
    private static String jaas(Map<String, String> passwords) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + BROKER
                + "\" password=\""
                + passwords.get(BROKER) + "\" "
                + passwords.entrySet().stream()
                        .map(user -> "user_" + user.getKey() + "=\"" + user.getValue() + "\"")
                        .sorted()
                        .collect(Collectors.joining(" "))
                + ";";
    }
}
