/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The latest state of one installation.
 *
 * @param spec absent until it is found
 * @param running what ran when somebody last looked; absent until it is found
 * @param checks what the registration found; empty until then
 * @param problem why it could not be registered, or what is wrong with it
 * @param leftOut its nodes that are down because an upgrade finished without them; absent: none
 * @param liveUpgrade the saga that works on it, a parked one included
 */
public record InstallationStatus(
        UUID id,
        String name,
        State state,
        long rev,
        long epoch,
        @Nullable InstallationSpec spec,
        @Nullable Release running,
        List<Check> checks,
        @Nullable String problem,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<LeftOut> leftOut,
        @Nullable UUID liveUpgrade,
        Instant updatedAt) {
    public InstallationStatus {
        Checks.present(id, "id");
        Checks.text(name, "name");
        Checks.present(state, "state");
        checks = Checks.list(checks, "checks");
        Checks.optionalText(problem, "problem");
        leftOut = Checks.list(Objects.requireNonNullElse(leftOut, List.of()), "leftOut");
        Checks.present(updatedAt, "updatedAt");
    }

    /** Where an installation is. */
    public enum State {
        /** Its host is being asked. */
        REGISTERING,
        /** It could not be registered; see the problem. */
        REFUSED,
        /** Known, and nothing works on it. */
        READY,
        /** A saga works on it. */
        UPGRADING,
        /** A saga is parked on it and needs a person. */
        PARKED
    }
}
