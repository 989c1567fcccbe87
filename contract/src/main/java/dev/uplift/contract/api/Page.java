/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import java.util.List;

/** A part of a list. {@code total} counts all that match, whatever {@code offset} and {@code limit} are. */
public record Page<T>(List<T> content, long total, int offset, int limit) {}
