/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.release;

import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.ReleaseEntry;
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
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /api/v1/releases}. */
@Path("/api/v1/releases")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "releases")
@Blocking
public final class ReleaseResource {
    private static final Logger LOG = LoggerFactory.getLogger(ReleaseResource.class);

    private final Database database;
    private final ReleaseRepository releases;

    ReleaseResource(Database database, ReleaseRepository releases) {
        this.database = database;
        this.releases = releases;
    }

    @GET
    @Operation(summary = "List what upgrades were completed with, and what of it was forgotten by whom and why")
    public Page<ReleaseEntry> list(@BeanParam PageQuery query) {
        Paging paging = Paging.of(query, ReleaseRepository.SORTS, "completedAt:desc");
        return database.inTransaction(() -> releases.page(paging));
    }

    @POST
    @Path("{sha256}/forget")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Let a JAR or an image no longer count as what its version is; what runs it is not touched, and"
                    + " an upgrade that pins it may bring it back")
    public List<ReleaseEntry> forget(@PathParam("sha256") String sha256, @Nullable Reason request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        List<ReleaseEntry> forgotten = database.inTransaction(() -> releases.forget(sha256, request));
        if (forgotten.isEmpty()) {
            throw ProblemException.unknown(
                    "release.unknown", "no upgrade that counts was completed with the SHA-256", sha256);
        }
        forgotten.forEach(entry -> LOG.info(
                "{} forgot {} of {} {}: {}",
                request.by(),
                entry.artifact().sha256(),
                entry.profile(),
                entry.artifact().version(),
                request.reason()));
        return forgotten;
    }
}
