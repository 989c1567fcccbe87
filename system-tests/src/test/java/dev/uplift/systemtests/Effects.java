/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.Json;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Oracle I4: what the workers of a product have done to the outside world, as they wrote it down at their crash points. */
final class Effects {
    static final List<String> WORKERS = List.of("artifact", "backup", "swap");

    /** What may be taken again after a kill, because nothing of it counts yet, or twice is once. */
    private static final Set<String> REPEATABLE = Set.of(
            // Asking to end.
            "swap.stop.terminate",
            "swap.halt.terminate",
            // A transfer that is gone on with, and the same words in the same place.
            "artifact.fetch.begin",
            "artifact.fetch.download",
            "artifact.fetch.record",
            "artifact.fetch.clear",
            // Nothing of a rehearsal counts.
            "backup.preflight.rehearse",
            "backup.preflight.discard",
            // A copy that is not published yet is begun anew.
            "backup.take.clean",
            "backup.take.begin",
            "backup.take.dump",
            "backup.take.manifest",
            "backup.take.scratch",
            "backup.take.prove",
            "backup.take.discard",
            "backup.secure.clean",
            "backup.secure.begin",
            "backup.secure.dump",
            "backup.secure.manifest",
            "backup.secure.scratch",
            "backup.secure.prove",
            "backup.secure.discard",
            // Data that are down already stay as they are.
            "swap.command.run",
            // Nothing is left to delete.
            "backup.take.prune",
            "backup.secure.prune",
            "backup.restore.forget",
            "swap.commit.forget",
            "swap.unstage.release",
            // The same directory in the same place; the second name of the same file.
            "swap.revert.snapshot",
            "backup.restore.keep",
            // A database that is not in place yet is filled anew.
            "backup.restore.clean",
            "backup.restore.create",
            "backup.restore.load",
            "backup.restore.settings");

    private Effects() {}

    /** Begins anew. */
    static void forget(Product product) {
        WORKERS.forEach(product::forgetEffects);
    }

    /** An effect that was taken before a kill is seen after it, and not taken again. */
    static void assertNoneWasTakenTwice(Product product) {
        assertNoneWasTakenTwice(product, 1);
    }

    /** The same of an upgrade of so many nodes: the swap-service takes an effect on each. */
    static void assertNoneWasTakenTwice(Product product, int nodes) {
        assertNoneWasTakenTwice(product, nodes, Set.of());
    }

    /** The same, but for what has been taken back by somebody else. */
    static void assertNoneWasTakenTwice(Product product, int nodes, Set<String> again) {
        assertNoneWasTakenMoreOftenThan(product, service -> service.equals("swap") ? nodes : 1, again);
    }

    /** The same of so many upgrades, each of one node. */
    static void assertEachTookNoneTwice(Product product, int upgrades) {
        assertNoneWasTakenMoreOftenThan(product, _ -> upgrades, Set.of());
    }

    private static void assertNoneWasTakenMoreOftenThan(
            Product product, ToLongFunction<String> most, Set<String> again) {
        for (String service : WORKERS) {
            Map<String, Long> effects = product.effects(service).stream()
                    .filter(effect -> !effect.startsWith(service + ".batch")
                            && !effect.startsWith(service + ".offsets")
                            && !effect.startsWith(service + ".relay")
                            && !effect.startsWith(service + ".reply"))
                    .filter(effect -> !REPEATABLE.contains(effect) && !again.contains(effect))
                    .collect(Collectors.groupingBy(effect -> effect, Collectors.counting()));
            assertThat(effects.values())
                    .as("effects of %s: %s", service, effects)
                    .allMatch(count -> count <= most.applyAsLong(service));
        }
    }

    /** No command about one of these installations has a lower epoch than one before it. */
    static void assertEpochsNeverDecrease(Product product, Set<String> installations) throws IOException {
        try (Wire wire = new Wire(product)) {
            Map<String, Long> highest = new HashMap<>();
            for (ServiceName service : ServiceName.values()) {
                for (ConsumerRecord<byte[], byte[]> record :
                        wire.read(List.of(Topics.commands(service, Topics.DEFAULT_SITE)))) {
                    String installation = new String(record.key(), StandardCharsets.UTF_8);
                    JsonNode epoch = Json.mapper().readTree(record.value()).path("epoch");
                    if (installations.contains(installation) && epoch.isNumber()) {
                        String key = service + " " + installation;
                        assertThat(epoch.asLong())
                                .as("epoch of %s", key)
                                .isGreaterThanOrEqualTo(highest.getOrDefault(key, 0L));
                        highest.put(key, epoch.asLong());
                    }
                }
            }
            assertThat(highest).isNotEmpty();
        }
    }
}
