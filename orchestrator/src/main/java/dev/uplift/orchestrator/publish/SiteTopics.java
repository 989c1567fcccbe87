/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.publish;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TopicSpec;
import dev.uplift.orchestrator.rest.ProblemException;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The topics that a site's commands go to. A message to a topic that is missing would hold up all others, and a topic
 * that is made stays for ever: those of a site are made by its own workers, and here only where somebody has counted on
 * them before. Thread-safe.
 */
@Singleton
public final class SiteTopics {
    private final MessagingRuntime messaging;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    SiteTopics(MessagingRuntime messaging) {
        this.messaging = messaging;
    }

    /**
     * Lets a site be used that somebody asks for.
     *
     * @throws ProblemException 404 if no worker has ever been started there
     * @throws org.apache.kafka.common.KafkaException if Kafka, which knows it, cannot be reached
     */
    public void requireWorkers(String site) {
        if (!known.contains(site) && !messaging.exists(Topics.commands(ServiceName.SWAP, site))) {
            throw ProblemException.unknown(
                    "site.unknown", "start the site's services first: no worker has ever been at the site", site);
        }
        require(site);
    }

    /**
     * Lets the topics of {@code site}, which is known, be created where they are missing, before anything is sent to them.
     *
     * @throws IllegalArgumentException if {@code site} may not be part of a topic's name
     */
    public void require(String site) {
        known.add(site);
        for (ServiceName service : ServiceName.values()) {
            messaging.require(TopicSpec.log(Topics.commands(service, site)));
        }
    }
}
