/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.UUID;

/** Giving an installation the fences beside its nodes back, which another one has. */
public sealed interface FenceTaking {
    /** The wire type of {@link Requested}. It is a command to the swap-service, but not a step. */
    String REQUESTED_TYPE = "swap.fence.take";

    UUID takingId();

    /** The one that is to have them. */
    UUID installationId();

    /**
     * Take them from whomever they belong to.
     *
     * @param spared installations that they are not taken from, because upgrades of theirs are under way
     */
    record Requested(UUID takingId, InstallationSpec installation, List<UUID> spared) implements FenceTaking {
        public Requested {
            Checks.present(takingId, "takingId");
            Checks.present(installation, "installation");
            spared = Checks.list(spared, "spared");
        }

        @Override
        @JsonIgnore
        public UUID installationId() {
            return installation.id();
        }
    }

    /** They are the installation's; {@code from}: whose they were, its own left out. */
    record Taken(UUID takingId, UUID installationId, List<UUID> from) implements FenceTaking {
        public Taken {
            Checks.present(takingId, "takingId");
            Checks.present(installationId, "installationId");
            from = Checks.list(from, "from");
        }
    }

    /** They are as they were, or some of them are. */
    record Refused(UUID takingId, UUID installationId, ErrorCode code, String detail) implements FenceTaking {
        public Refused {
            Checks.present(takingId, "takingId");
            Checks.present(installationId, "installationId");
            Checks.present(code, "code");
            Checks.text(detail, "detail");
        }
    }
}
