/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The AsyncAPI 3.0 document: which topic carries which messages, in which direction. */
final class AsyncApi {
    private final ObjectNode root = Json.mapper().createObjectNode();
    private final ObjectNode channels;
    private final ObjectNode operations;

    private AsyncApi() {
        root.put("asyncapi", "3.0.0");
        root.putObject("info")
                .put("title", "Uplift")
                .put("version", "1.0.0")
                .put(
                        "description",
                        "CloudEvents 1.0 in binary mode on Kafka. A record's key is the event's subject: the"
                                + " installation's id, on uplift.status.upgrades the upgrade's id, of a discovery its"
                                + " id, and of command.refused the place of the command. Readers ignore unknown fields. What"
                                + " cannot be understood goes to <topic>.dlq.")
                .putObject("license")
                .put("name", "Apache-2.0");
        root.put("defaultContentType", "application/json");
        root.putObject("servers")
                .putObject("embedded")
                .put("host", "127.0.0.1:8484")
                .put("protocol", "kafka")
                .put("description", "The Kafka that `uplift up` starts");
        channels = root.putObject("channels");
        operations = root.putObject("operations");
    }

    /** As YAML. */
    static String document() {
        AsyncApi api = new AsyncApi();
        api.fill();
        try {
            return YAMLMapper.builder()
                    .enable(
                            YAMLGenerator.Feature.MINIMIZE_QUOTES,
                            YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .build()
                    .writeValueAsString(api.root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void fill() {
        channel("triggers", Topics.TRIGGERS, List.of(MessageType.UPGRADE_REQUESTED));
        operation("takeTriggers", "receive", "triggers", "What operators, CI and release feeds ask for");
        for (ServiceName service : ServiceName.values()) {
            String name = service.wireName();
            ObjectNode commands = channel(
                    name + "Commands",
                    Topics.commands(service, "site").replaceAll("site$", "{site}"),
                    commandsOf(service));
            commands.putObject("parameters")
                    .putObject("site")
                    .put("default", Topics.DEFAULT_SITE)
                    .put("description", "Hosts that one pool of workers can reach");
            channel(name + "Results", Topics.results(service), resultsOf(service));
            operation(name + "Command", "send", name + "Commands", "The orchestrator asks the " + name + "-service");
            operation(name + "Work", "receive", name + "Commands", "The " + name + "-service takes commands");
            operation(name + "Report", "send", name + "Results", "The " + name + "-service reports");
            operation(name + "Learn", "receive", name + "Results", "The orchestrator learns how a step went");
        }
        channel("installationStatus", Topics.STATUS_INSTALLATIONS, List.of(MessageType.INSTALLATION_STATUS));
        operation(
                "tellInstallations",
                "send",
                "installationStatus",
                "Compacted: the latest of each installation; a record without a value ends one that was forgotten");
        channel("upgradeStatus", Topics.STATUS_UPGRADES, List.of(MessageType.UPGRADE_STATUS));
        operation(
                "tellUpgrades",
                "send",
                "upgradeStatus",
                "Compacted: the latest of each upgrade; a record without a value ends a dry run that was forgotten");
        channel(
                "events",
                Topics.EVENTS,
                List.of(
                        MessageType.UPGRADE_TRANSITIONED,
                        MessageType.INSTALLATION_REMOVED,
                        MessageType.INSTALLATION_FENCE_TAKEN));
        operation("tellTransitions", "send", "events", "Every transition of every upgrade, and what was forgotten");
        components();
    }

    private static List<String> commandsOf(ServiceName service) {
        List<String> types = new ArrayList<>();
        for (StepName step : StepName.values()) {
            if (step.service() == service) {
                step.directions().forEach(direction -> types.add(step.commandType(direction)));
            }
        }
        if (service == ServiceName.SWAP) {
            types.addAll(List.of(Inspection.REQUESTED_TYPE, Discovery.REQUESTED_TYPE, FenceTaking.REQUESTED_TYPE));
        }
        return types;
    }

    private static List<String> resultsOf(ServiceName service) {
        List<String> types = new ArrayList<>(List.of(
                MessageType.STEP_SUCCEEDED,
                MessageType.STEP_FAILED,
                MessageType.STEP_PROGRESSED,
                MessageType.COMMAND_REFUSED));
        if (service == ServiceName.SWAP) {
            types.addAll(List.of(
                    MessageType.INSTALLATION_INSPECTING,
                    MessageType.INSTALLATION_FOUND,
                    MessageType.INSTALLATION_REFUSED,
                    MessageType.DISCOVERY_FOUND,
                    MessageType.DISCOVERY_REFUSED,
                    MessageType.FENCE_TAKEN,
                    MessageType.FENCE_REFUSED));
        }
        return types;
    }

    private ObjectNode channel(String id, String topic, List<String> types) {
        ObjectNode channel = channels.putObject(id);
        channel.put("address", topic);
        ObjectNode messages = channel.putObject("messages");
        types.forEach(type -> messages.putObject(type).put("$ref", "#/components/messages/" + type));
        return channel;
    }

    private void operation(String id, String action, String channel, String summary) {
        ObjectNode operation = operations.putObject(id);
        operation.put("action", action);
        operation.putObject("channel").put("$ref", "#/channels/" + channel);
        operation.put("summary", summary);
    }

    private void components() {
        ObjectNode components = root.putObject("components");
        ObjectNode messages = components.putObject("messages");
        MessageType.all().keySet().forEach(type -> {
            ObjectNode message = messages.putObject(type);
            message.put("name", type);
            message.put("contentType", "application/json");
            message.putObject("payload").put("$ref", "schema/" + MessageSchemas.fileOf(type));
            message.putArray("traits").addObject().put("$ref", "#/components/messageTraits/cloudEvent");
        });
        ObjectNode trait = components.putObject("messageTraits").putObject("cloudEvent");
        ObjectNode headers = trait.putObject("headers");
        headers.put("type", "object");
        ArrayNode required = headers.putArray("required");
        ObjectNode properties = headers.putObject("properties");
        Arrays.asList("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject")
                .forEach(name -> {
                    required.add(name);
                    properties.putObject(name).put("type", "string");
                });
        ((ObjectNode) properties.get("ce_specversion")).put("const", "1.0");
        ((ObjectNode) properties.get("ce_id"))
                .put("format", "uuid")
                .put("description", "the same for every copy of a message");
        ((ObjectNode) properties.get("ce_subject")).put("description", "equal to the record's key");
        properties.putObject("ce_time").put("type", "string").put("format", "date-time");
        properties.putObject("traceparent").put("type", "string").put("description", "W3C trace context");
        trait.putObject("bindings").putObject("kafka").putObject("key").put("type", "string");
    }
}
