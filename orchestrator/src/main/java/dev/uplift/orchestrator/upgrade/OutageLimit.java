/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

/** How many applications of a site are down at a time, at most, where it is Uplift that decides when. */
public record OutageLimit(int max) {}
