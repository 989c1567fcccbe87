/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

/**
 * A topic that must exist.
 *
 * @param partitions how many to create it with; an existing topic is left as it is
 * @param compacted whether only the latest message of each key is kept
 */
public record TopicSpec(String name, int partitions, boolean compacted) {
    private static final int PARTITIONS = 6;

    public TopicSpec {
        if (name.isBlank() || partitions < 1) {
            throw new IllegalArgumentException("a topic needs a name and at least one partition");
        }
    }

    /** Messages that are kept for a while. */
    public static TopicSpec log(String name) {
        return new TopicSpec(name, PARTITIONS, false);
    }

    /** The latest state of each key. */
    public static TopicSpec latest(String name) {
        return new TopicSpec(name, PARTITIONS, true);
    }
}
