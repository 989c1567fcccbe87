package dev.uplift.orchestrator.publish;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.TopicSpec;
import jakarta.inject.Singleton;

/** The topics that a site's commands go to. A message to a topic that is missing would hold up all others. */
@Singleton
public final class SiteTopics {
    private final MessagingRuntime messaging;

    SiteTopics(MessagingRuntime messaging) {
        this.messaging = messaging;
    }

    /**
     * Lets the topics of {@code site} be created where they are missing, before anything is sent to them.
     *
     * @throws IllegalArgumentException if {@code site} may not be part of a topic's name
     */
    public void require(String site) {
        for (ServiceName service : ServiceName.values()) {
            messaging.require(TopicSpec.log(Topics.commands(service, site)));
        }
    }
}
