package dev.uplift.orchestrator.sql;

import dev.uplift.messaging.Database;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Jdbi in the transactions of {@link Database}, for the tables that Hibernate does not have yet. */
@Singleton
public final class Sql {
    private static final ScopedValue<Connection> CONNECTION = ScopedValue.newInstance();

    private final Database database;
    private final Jdbi joining;
    private final Jdbi apart;

    Sql(Database database, DataSource dataSource) {
        this.database = database;
        this.joining = withArrays(Jdbi.create(new ConnectionFactory() {
            @Override
            public Connection openConnection() {
                return CONNECTION.get();
            }

            @Override
            public void closeConnection(Connection connection) {
                // It is the session's.
            }
        }));
        this.apart = withArrays(Jdbi.create(dataSource));
    }

    private static Jdbi withArrays(Jdbi jdbi) {
        return jdbi.registerArrayType(UUID.class, "uuid")
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "bigint")
                .registerArrayType(Boolean.class, "boolean");
    }

    /** On connections of its own, outside of all transactions of {@link Database}. */
    public Jdbi apart() {
        return apart;
    }

    /** In the transactions of {@link Database}. */
    public Jdbi joining() {
        return joining;
    }

    /** Runs {@code work} in a transaction of its own. */
    public <T> T inTransaction(Function<Handle, T> work) {
        return database.inTransaction(() -> joined(work));
    }

    /** Runs {@code work} in a transaction of its own. */
    public void useTransaction(Consumer<Handle> work) {
        database.useTransaction(() -> join(work));
    }

    /** Runs {@code work} in the transaction of this thread. */
    public <T> T joined(Function<Handle, T> work) {
        return database.session()
                .doReturningWork(connection -> ScopedValue.where(CONNECTION, connection)
                        .call(() -> {
                            try (Handle handle = joining.open()) {
                                return work.apply(handle);
                            }
                        }));
    }

    /** Runs {@code work} in the transaction of this thread. */
    public void join(Consumer<Handle> work) {
        boolean _ = joined(handle -> {
            work.accept(handle);
            return true;
        });
    }
}
