/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import jakarta.ws.rs.QueryParam;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters that every list takes, as they were sent. Numbers are texts here: what is no number is to be
 * refused with a problem that says so, where JAX-RS would say that there is no such list.
 */
public final class PageQuery {
    @Parameter(schema = @Schema(type = SchemaType.INTEGER, minimum = "0", defaultValue = "0"))
    @QueryParam("offset")
    @Nullable
    String offset;

    @Parameter(schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "500", defaultValue = "50"))
    @QueryParam("limit")
    @Nullable
    String limit;

    @Parameter(description = "a field, with :asc or :desc behind it if wanted")
    @QueryParam("sort")
    @Nullable
    String sort;

    @Parameter(description = "a part of the name")
    @QueryParam("q")
    @Nullable
    String q;
}
