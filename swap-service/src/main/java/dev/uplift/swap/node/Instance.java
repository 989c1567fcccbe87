/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

/**
 * One start of an application on a node: it has its end, and is never the same as another start.
 *
 * @param identity tells it from every other start on the node
 * @param name for a person, such as {@code process 4711}
 */
public record Instance(String identity, String name) {
    /** Their names, for a person. */
    public static String names(Iterable<Instance> instances) {
        StringBuilder names = new StringBuilder();
        instances.forEach(instance -> names.append(names.isEmpty() ? "" : ", ").append(instance.name()));
        return names.toString();
    }

    @Override
    public String toString() {
        return name;
    }
}
