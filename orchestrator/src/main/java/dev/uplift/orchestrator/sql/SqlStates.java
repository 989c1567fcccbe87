/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.sql;

import dev.uplift.messaging.Faults;
import java.sql.SQLException;
import java.util.Set;

/** What PostgreSQL's error codes say. */
public final class SqlStates {
    private static final String UNIQUE_VIOLATION = "23505";

    // Connection exception, the victim of a deadlock or of another transaction, insufficient resources, operator
    // intervention such as a shutdown; a server that has become a standby, and a lock that is not free.
    private static final Set<String> PASSING_CLASSES = Set.of("08", "40", "53", "57");
    private static final Set<String> PASSING = Set.of("25006", "55P03");

    private SqlStates() {}

    /**
     * Whether the database cannot do it at the moment, whatever it is. A commit may have happened only where the connection
     * was lost in it. {@link Faults} takes more for passing: what is not about the data of a message.
     */
    public static boolean passing(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (Faults.isOfACommit(cause)) {
                return true;
            }
            if (cause instanceof SQLException sql) {
                String state = sql.getSQLState();
                // The pool has no state for having no connection in time.
                return state == null
                        || PASSING.contains(state)
                        || (state.length() == 5 && PASSING_CLASSES.contains(state.substring(0, 2)));
            }
        }
        return false;
    }

    /** Whether another row has the same key. */
    public static boolean uniqueViolation(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && UNIQUE_VIOLATION.equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }
}
