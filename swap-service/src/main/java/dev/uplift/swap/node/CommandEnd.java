/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

/**
 * How a command of an application ended.
 *
 * @param succeeded it ended by itself with exit code 0, which need not mean that it did what it is for
 * @param output its last words, without secrets
 */
public record CommandEnd(boolean succeeded, String output) {}
