/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

/**
 * What {@code uplift demo} does. It is found on the class path: a module of its own brings it, with the clients of Kafka
 * and PostgreSQL that no other command needs.
 */
public interface Demo {
    /**
     * Shows it and returns the exit code.
     *
     * @param keep whether all is to be left running
     */
    int show(Output output, boolean keep) throws Exception;
}
