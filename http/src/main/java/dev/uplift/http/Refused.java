/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

/** A request was refused before anything of the service has seen it; fired as a CDI event, on the event loop. */
public record Refused(String method, String path, Problem problem) {}
