package dev.uplift.orchestrator.sql;

import java.sql.SQLException;
import java.util.Set;

/** What PostgreSQL's error codes say. */
public final class SqlStates {
    private static final String UNIQUE_VIOLATION = "23505";

    // Connection exception, insufficient resources, operator intervention such as a shutdown; and a server that has
    // become a standby.
    private static final Set<String> AWAY = Set.of("08", "53", "57");
    private static final String READ_ONLY = "25006";

    private SqlStates() {}

    /**
     * Whether the database cannot be used at the moment, whatever is asked of it. A commit may have happened only where
     * the connection was lost in it.
     */
    public static boolean passing(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                String state = sql.getSQLState();
                // The pool has no state for having no connection in time.
                return state == null
                        || state.equals(READ_ONLY)
                        || (state.length() == 5 && AWAY.contains(state.substring(0, 2)));
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
