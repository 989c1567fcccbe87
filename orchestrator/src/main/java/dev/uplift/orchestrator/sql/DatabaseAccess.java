package dev.uplift.orchestrator.sql;

import dev.uplift.messaging.MessagingRuntime;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** The one {@link Jdbi}: binds UUID, text, number and boolean arrays for statements that work on many rows at once. */
public final class DatabaseAccess {
    /** The messaging's own, so that a batch's transaction binds the same arrays. */
    @Produces
    @Singleton
    public Jdbi jdbi(MessagingRuntime messaging) {
        return messaging
                .jdbi()
                .registerArrayType(UUID.class, "uuid")
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "bigint")
                .registerArrayType(Boolean.class, "boolean");
    }
}
