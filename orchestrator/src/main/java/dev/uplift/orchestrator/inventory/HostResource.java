/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Topics;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.Page;
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
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/hosts}. */
@Path("/api/v1/hosts")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "hosts")
@Blocking
public final class HostResource {
    private final Database database;
    private final HostRepository table;
    private final Hosts hosts;
    private final Discoveries discoveries;
    private final Clock clock;

    HostResource(Database database, HostRepository table, Hosts hosts, Discoveries discoveries, Clock clock) {
        this.database = database;
        this.table = table;
        this.hosts = hosts;
        this.discoveries = discoveries;
        this.clock = clock;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Register a host that workers reach by SSH, or its Docker Engine by TLS")
    public RestResponse<HostEntry> add(@Nullable HostEntry request) {
        HostEntry entry = complete(request);
        hosts.add(entry);
        return RestResponse.ResponseBuilder.create(RestResponse.Status.CREATED, entry)
                .location(URI.create("/api/v1/hosts/" + entry.host().name()))
                .build();
    }

    @PUT
    @Path("{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Replace how a host is reached, such as its key; upgrades under way take it with their next step")
    public HostEntry replace(@PathParam("name") String name, @Nullable HostEntry request) {
        HostEntry entry = complete(request);
        if (!entry.host().name().equals(name)) {
            throw ProblemException.invalid(
                    "the body is about host " + entry.host().name());
        }
        hosts.replace(entry);
        return entry;
    }

    @GET
    @Operation(summary = "List the hosts")
    public Page<HostEntry> list(@BeanParam PageQuery query) {
        Paging paging = Paging.of(query, HostRepository.SORTS, "name", "name");
        return database.inTransaction(() -> table.page(paging));
    }

    @GET
    @Path("{name}")
    @Operation(summary = "Show one host")
    public HostEntry get(@PathParam("name") String name) {
        return Optional.ofNullable(
                        database.inTransaction(() -> table.find(List.of(name))).get(name))
                .orElseThrow(() -> Hosts.unknown(name));
    }

    @DELETE
    @Path("{name}")
    @Operation(summary = "Forget a host that no installation is on; the host itself is not touched")
    public void remove(@PathParam("name") String name) {
        hosts.remove(name);
    }

    @POST
    @Path("{name}/discoveries")
    @Operation(
            summary = "Look what runs on a host that could be registered; the answer's state becomes DONE or FAILED."
                    + " The host `local` is the one that the site's workers run on. Nothing is changed")
    public RestResponse<DiscoveryStatus> discover(
            @PathParam("name") String name, @QueryParam("site") @Nullable String site) {
        DiscoveryStatus status = discoveries.begin(name, site);
        return RestResponse.ResponseBuilder.create(RestResponse.Status.ACCEPTED, status)
                .location(URI.create("/api/v1/hosts/" + status.host() + "/discoveries/" + status.id()))
                .build();
    }

    @GET
    @Path("{name}/discoveries/{id}")
    @Operation(summary = "Show what was found on a host; answers are kept for a day")
    public DiscoveryStatus discovered(@PathParam("name") String name, @PathParam("id") String id) {
        return discoveries.get(name, id);
    }

    private HostEntry complete(@Nullable HostEntry request) {
        if (request == null) {
            throw ProblemException.invalid("the body is missing");
        }
        return new HostEntry(
                request.host(), Optional.ofNullable(request.site()).orElse(Topics.DEFAULT_SITE), clock.instant());
    }
}
