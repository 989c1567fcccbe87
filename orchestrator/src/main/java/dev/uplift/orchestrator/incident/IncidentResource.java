package dev.uplift.orchestrator.incident;

import dev.uplift.contract.Incident;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.rest.PageQuery;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Sql;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** {@code /api/v1/incidents}. */
@Path("/api/v1/incidents")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "incidents")
@Blocking
public final class IncidentResource {
    private final Sql sql;

    IncidentResource(Sql sql) {
        this.sql = sql;
    }

    @GET
    @Operation(summary = "List what a person should see: messages nobody understood, requests refused, defects")
    public Page<Incident> list(@BeanParam PageQuery query) {
        Paging paging = Paging.of(query, IncidentStore.SORTS, "at:desc");
        return sql.inTransaction(handle -> IncidentStore.page(handle, paging));
    }
}
