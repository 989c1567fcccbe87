/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import java.sql.SQLException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Tells a fault of the infrastructure, which passes, from one of a message, which does not. */
public final class Faults {
    private static final int CAUSES_MAX = 20;

    private Faults() {}

    /**
     * Whether the same work may succeed later, unchanged. Kafka hides in exceptions of its own, which would pass, what does
     * not: a record that cannot be unpacked, an {@link Error}.
     */
    public static boolean isPassing(Throwable problem) {
        boolean passing = false;
        Throwable cause = problem;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (stays(cause)) {
                return false;
            }
            passing |= cause instanceof SQLException
                    || cause instanceof KafkaException
                    || cause instanceof InterruptedException
                    || isOfACommit(cause);
            cause = cause.getCause();
        }
        return passing;
    }

    /** Whether there was no commit, or none that is known of; the transaction manager does not say why. */
    public static boolean isOfACommit(Throwable cause) {
        return cause instanceof RollbackException
                || cause instanceof HeuristicMixedException
                || cause instanceof HeuristicRollbackException
                || cause instanceof SystemException;
    }

    private static boolean stays(Throwable cause) {
        return cause instanceof Error
                || cause instanceof SerializationException
                || cause instanceof InvalidRecordException
                || cause instanceof CorruptRecordException
                || (cause instanceof SQLException sql && isAboutTheData(sql.getSQLState()));
    }

    /** One line for what passes; a defect with its trace. */
    static void log(Logger log, Throwable problem, String consequence) {
        if (isPassing(problem)) {
            log.warn("{}: {}", consequence, OneLine.of(problem));
        } else {
            log.error("{}", consequence, problem);
        }
    }

    /** Class 22, data exception, and 23, integrity constraint violation. */
    private static boolean isAboutTheData(@Nullable String sqlState) {
        return sqlState != null && (sqlState.startsWith("22") || sqlState.startsWith("23"));
    }
}
