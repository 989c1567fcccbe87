/**
 * The saga of one installation as data and a pure function: which command follows which answer.
 * Nothing here knows a clock, a database, a broker or a framework; the runtime around it does.
 */
@NullMarked
package dev.uplift.orchestrator.saga;

import org.jspecify.annotations.NullMarked;
