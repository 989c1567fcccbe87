package dev.uplift.orchestrator;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.UUID;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/** What tests write into the database, and look at there, behind the service's back. */
final class TestSql {
    @Produces
    @Singleton
    static Jdbi jdbi(DataSource dataSource) {
        return Jdbi.create(dataSource).registerArrayType(UUID.class, "uuid").registerArrayType(String.class, "text");
    }
}
