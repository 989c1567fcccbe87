/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.PageQuery;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.rest.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.EnumSet;
import java.util.Locale;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/upgrades}: upgrades and restores. */
@Path("/api/v1/upgrades")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "upgrades")
@Blocking
public final class UpgradeResource {
    private final Database database;
    private final SagaStore sagas;
    private final UpgradeRequests requests;

    UpgradeResource(Database database, SagaStore sagas, UpgradeRequests requests) {
        this.database = database;
        this.sagas = sagas;
        this.requests = requests;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Begin one upgrade per installation; a copy of a request begins nothing")
    public RestResponse<AcceptedSagas> begin(@Nullable UpgradeRequested request) {
        return begin(UpgradeStatus.Kind.UPGRADE, request, requests);
    }

    @GET
    @Operation(summary = "List the upgrades and restores")
    public Page<UpgradeStatus> list(
            @QueryParam("installation") @Nullable String installation,
            @QueryParam("state") @Nullable String state,
            @BeanParam PageQuery query) {
        UpgradeList asked = new UpgradeList(
                EnumSet.of(UpgradeStatus.Kind.UPGRADE, UpgradeStatus.Kind.RESTORE),
                state(state),
                installation == null || installation.isBlank() ? null : installation,
                Paging.of(query, SagaStore.SORTS, "startedAt:desc"));
        return database.inTransaction(() -> sagas.page(asked));
    }

    @GET
    @Path("{id}")
    @Operation(summary = "Show one upgrade or restore")
    public UpgradeStatus get(@PathParam("id") String id) {
        return requests.find(id(id), EnumSet.of(UpgradeStatus.Kind.UPGRADE, UpgradeStatus.Kind.RESTORE));
    }

    @POST
    @Path("{id}/cancel")
    @Operation(summary = "Take an upgrade back; possible until it is being committed")
    public UpgradeStatus cancel(@PathParam("id") String id) {
        return requests.cancel(id(id));
    }

    @POST
    @Path("{id}/retry")
    @Operation(summary = "Let a parked upgrade go on, once what parked it is mended")
    public UpgradeStatus retry(@PathParam("id") String id) {
        return requests.retry(id(id));
    }

    static RestResponse<AcceptedSagas> begin(
            UpgradeStatus.Kind kind, @Nullable UpgradeRequested request, UpgradeRequests requests) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        return RestResponse.status(RestResponse.Status.ACCEPTED, requests.begin(kind, request));
    }

    static UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.notFound("upgrade.unknown", "an upgrade's id is a UUID");
        }
    }

    private static UpgradeStatus.@Nullable State state(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            return UpgradeStatus.State.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid("state is one of " + EnumSet.allOf(UpgradeStatus.State.class));
        }
    }
}
