/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serial;
import java.io.Serializable;

/** A consumer at work, or one whose process was killed. */
@Entity
@Table(name = "consumer_run")
@IdClass(ConsumerRun.Key.class)
class ConsumerRun {
    @Id
    String consumer;

    @Id
    String instance;

    record Key(String consumer, String instance) implements Serializable {
        @Serial
        private static final long serialVersionUID = 1L;
    }
}
