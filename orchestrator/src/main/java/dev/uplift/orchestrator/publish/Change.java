/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.publish;

/**
 * One thing that happened, for the live feed.
 *
 * @param number rises over all changes of the service
 * @param type a wire type, such as {@code upgrade.status}
 * @param json the type's record
 */
public record Change(long number, String type, String json) {}
