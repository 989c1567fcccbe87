/** Access to PostgreSQL through Jdbi, and the columns that plain JDBC does not read by itself. */
@NullMarked
package dev.uplift.orchestrator.sql;

import org.jspecify.annotations.NullMarked;
