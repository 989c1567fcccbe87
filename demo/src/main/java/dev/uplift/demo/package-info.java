/** What {@code uplift demo} shows: stand-in dashboards, an event on Kafka, and a count of every row afterwards. */
@NullMarked
package dev.uplift.demo;

import org.jspecify.annotations.NullMarked;
