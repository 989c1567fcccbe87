/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.PageQuery;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.rest.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/installations}. */
@Path("/api/v1/installations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "installations")
@Blocking
public final class InstallationResource {
    private final Database database;
    private final InstallationStore installations;
    private final Registration registration;
    private final FenceTakings fences;

    InstallationResource(
            Database database, InstallationStore installations, Registration registration, FenceTakings fences) {
        this.database = database;
        this.installations = installations;
        this.registration = registration;
        this.fences = fences;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Register an installation from what runs; the answer's state becomes READY or REFUSED")
    public RestResponse<InstallationStatus> register(@Nullable RegisterInstallation request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        InstallationStatus status = registration.register(request);
        return RestResponse.ResponseBuilder.create(RestResponse.Status.ACCEPTED, status)
                .location(URI.create("/api/v1/installations/" + status.id()))
                .build();
    }

    @GET
    @Operation(summary = "List the installations")
    public Page<InstallationStatus> list(@BeanParam PageQuery query) {
        Paging paging = Paging.of(query, InstallationStore.SORTS, "name");
        return database.inTransaction(() -> installations.page(paging));
    }

    @GET
    @Path("{nameOrId}")
    @Operation(summary = "Show one installation, by its name or its id")
    public InstallationStatus get(@PathParam("nameOrId") String nameOrId) {
        return database.inTransaction(() -> installations.find(nameOrId))
                .orElseThrow(() -> Registration.unknown(nameOrId))
                .status();
    }

    @POST
    @Path("{nameOrId}/nodes")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Add a node on the same database; the answer's state becomes READY, with a problem if it was"
                    + " refused")
    public RestResponse<InstallationStatus> addNode(@PathParam("nameOrId") String nameOrId, @Nullable AddNode request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        return RestResponse.status(RestResponse.Status.ACCEPTED, registration.join(nameOrId, request));
    }

    @DELETE
    @Path("{nameOrId}/nodes/{node}")
    @Operation(summary = "Forget a node; the application itself is not touched")
    public InstallationStatus removeNode(@PathParam("nameOrId") String nameOrId, @PathParam("node") String node) {
        return registration.leave(nameOrId, node);
    }

    @POST
    @Path("{nameOrId}/fence")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Give it the fences beside its nodes, which another installation has; its upgrades are spared")
    public RestResponse<FenceTakingStatus> takeFence(@PathParam("nameOrId") String nameOrId, @Nullable Reason request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        return RestResponse.status(RestResponse.Status.ACCEPTED, fences.take(nameOrId, request));
    }

    @GET
    @Path("{nameOrId}/fence")
    @Operation(summary = "List the fences that operators gave to it, latest first: by whom, why, from whom")
    public List<FenceTakingStatus> fences(@PathParam("nameOrId") String nameOrId) {
        return database.inTransaction(() -> fences.of(nameOrId));
    }

    @DELETE
    @Path("{nameOrId}")
    @Operation(summary = "Forget an installation; the application itself is not touched")
    public void remove(@PathParam("nameOrId") String nameOrId) {
        registration.remove(nameOrId);
    }
}
