/**
 * What the services say to each other: messages as records, their wire form, topic names and error
 * codes. Nothing here knows a framework, a database or a clock.
 */
@NullMarked
package dev.uplift.contract;

import org.jspecify.annotations.NullMarked;
