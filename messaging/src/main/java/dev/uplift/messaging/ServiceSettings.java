/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.util.Optional;

/** What every service is told by its environment. Each adds its own to it, and maps all of it from {@code uplift}. */
public interface ServiceSettings {
    /** The one directory for data; the operator's profiles are in its {@code profiles}. Default {@code .uplift} below the user's home. */
    Path home();

    /** Which service this is, such as {@code swap}: part of its consumer groups, which must never change. Set by the service itself. */
    String service();

    /**
     * The name of this replica: the same after a restart, and unlike that of any other replica. Default: the
     * service's name; 1 to 100 characters of {@code A-Z a-z 0-9 . _ -}.
     */
    String instance();

    /** Where Kafka is: {@code host:port}, several separated by commas. Default {@code 127.0.0.1:8484}. */
    @WithName("kafka.bootstrap-servers")
    String kafkaBootstrapServers();

    /** Who this service is to Kafka, by SASL PLAIN; with it {@code kafka.password}. Default: none, for a broker that asks nobody. */
    @WithName("kafka.user")
    Optional<String> kafkaUser();

    /** The password of {@code kafka.user}. Default: none. */
    @WithName("kafka.password")
    Optional<String> kafkaPassword();
}
