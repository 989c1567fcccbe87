/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.EnumSet;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/plans}: dry runs. */
@Path("/api/v1/plans")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "plans")
@Blocking
public final class PlanResource {
    private final UpgradeRequests requests;

    PlanResource(UpgradeRequests requests) {
        this.requests = requests;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Find out what an upgrade would meet, and change nothing; takes what POST /upgrades takes")
    public RestResponse<AcceptedSagas> begin(@Nullable UpgradeRequested request) {
        return UpgradeResource.begin(UpgradeStatus.Kind.PLAN, request, requests);
    }

    @GET
    @Path("{id}")
    @Operation(summary = "Show one dry run")
    public UpgradeStatus get(@PathParam("id") String id) {
        return requests.find(UpgradeResource.id(id), EnumSet.of(UpgradeStatus.Kind.PLAN));
    }
}
