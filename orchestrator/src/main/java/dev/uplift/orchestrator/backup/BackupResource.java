/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.backup;

import dev.uplift.contract.api.BackupEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.PageQuery;
import dev.uplift.orchestrator.rest.Paging;
import io.smallrye.common.annotation.Blocking;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/backups}. */
@Path("/api/v1/backups")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "backups")
@Blocking
public final class BackupResource {
    private final Database database;
    private final BackupRepository backups;

    BackupResource(Database database, BackupRepository backups) {
        this.database = database;
        this.backups = backups;
    }

    @GET
    @Operation(summary = "List the proven backups, of one installation or of all")
    public Page<BackupEntry> list(
            @QueryParam("installation") @Nullable String installation, @BeanParam PageQuery query) {
        Paging paging = Paging.of(query, BackupRepository.SORTS, "takenAt:desc");
        String only = installation == null || installation.isBlank() ? null : installation;
        return database.inTransaction(() -> backups.page(only, paging));
    }
}
