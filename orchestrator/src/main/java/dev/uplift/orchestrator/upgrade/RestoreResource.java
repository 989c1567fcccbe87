/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RequestRestore;
import dev.uplift.orchestrator.rest.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/restores}. */
@Path("/api/v1/restores")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "backups")
@Blocking
public final class RestoreResource {
    private final UpgradeRequests requests;

    RestoreResource(UpgradeRequests requests) {
        this.requests = requests;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Take an installation back to a backup and the version that wrote it; what was written since is"
                    + " lost")
    public RestResponse<AcceptedSagas> begin(@Nullable RequestRestore request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        return RestResponse.status(
                RestResponse.Status.ACCEPTED, requests.restore(request.installation(), request.backupId()));
    }
}
