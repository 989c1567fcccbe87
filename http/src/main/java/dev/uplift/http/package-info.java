/** The door of every service's HTTP port: which requests are let in, at what rate, and how a refusal looks. */
@NullMarked
package dev.uplift.http;

import org.jspecify.annotations.NullMarked;
