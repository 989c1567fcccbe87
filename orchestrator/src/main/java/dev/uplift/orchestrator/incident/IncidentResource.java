/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.incident;

import dev.uplift.contract.Incident;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.PageQuery;
import dev.uplift.orchestrator.rest.Paging;
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
    private final Database database;
    private final IncidentRepository incidents;

    IncidentResource(Database database, IncidentRepository incidents) {
        this.database = database;
        this.incidents = incidents;
    }

    @GET
    @Operation(summary = "List what a person should see: messages nobody understood, requests refused, defects")
    public Page<Incident> list(@BeanParam PageQuery query) {
        Paging paging = Paging.of(query, IncidentRepository.SORTS, "at:desc");
        return database.inTransaction(() -> incidents.page(paging));
    }
}
