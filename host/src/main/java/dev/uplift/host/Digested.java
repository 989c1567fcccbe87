/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/**
 * What was read or copied.
 *
 * @param sha256 64 lower-case hexadecimal digits
 */
public record Digested(String sha256, long sizeBytes) {}
