/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/**
 * One process, for ever: a pid is used again after its process has ended, its start time is not.
 *
 * @param startTicks when it was started, in clock ticks since the host was booted
 */
public record ProcessIdentity(long pid, long startTicks) {}
