/** What PostgreSQL's columns and error codes mean to the orchestrator. */
@NullMarked
package dev.uplift.orchestrator.sql;

import org.jspecify.annotations.NullMarked;
